// Digests by name: what headers, tokens and PCR banks say they were made with.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace integrityd {

// The raw digest; none for a name that is not sha1, sha256, sha384, sha512 or sm3_256.
[[nodiscard]] std::optional<std::string> hash_of(std::string_view algorithm, std::string_view bytes);

// Bytes of such a digest; 0 for another name.
[[nodiscard]] std::size_t hash_size(std::string_view algorithm);

}  // namespace integrityd
