// Whole files, within a limit.
#pragma once

#include <string>

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

// All of the file, from its beginning, wherever the descriptor stands, to its end, whatever fstat() says: files of proc
// and securityfs have no size. EFBIG where that is more than `most` bytes. An error's message is what follows a name.
[[nodiscard]] Result<std::string> read_whole(const UniqueFd& file, std::size_t most);

// The same of the regular file at `path`; EINVAL where it is something else, which is not waited for. The message
// begins with the path, escaped.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t most);

}  // namespace integrityd
