// Bytes as a file that has no name: what is handed to a child as its standard input.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

// Read from its beginning. `name` is for people who look at /proc. ENOMEM and the like.
[[nodiscard]] Result<UniqueFd> make_memory_file(const char* name, std::string_view bytes);

// The same, and nobody can change it any more.
[[nodiscard]] Result<UniqueFd> make_sealed_file(const char* name, std::string_view bytes);

}  // namespace integrityd
