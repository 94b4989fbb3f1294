// A file that the operator names, whole.
#pragma once

#include <string>

namespace integrityctl {

// "-": standard input. Throws integrity::Error when it cannot be read, EFBIG when it is larger than `most` bytes.
[[nodiscard]] std::string file_bytes(const std::string& path, std::size_t most);

}  // namespace integrityctl
