// Small files that are there as a whole or not at all, also after a power cut.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace integrityd {

// The file's bytes; none where there is no such file. More than `limit` bytes is an error (EFBIG).
[[nodiscard]] Result<std::optional<std::string>> read_if_there(const std::string& path, std::size_t limit);

// Writes a new file, synced, readable by its owner alone. Not yet atomic: see rename_file().
Result<void> write_file(const std::string& path, std::string_view bytes);

// Puts `from` in the place of `to` and syncs the directory.
Result<void> rename_file(const std::string& from, const std::string& to);

// Creates a directory (its parent must be there) with mode 0700; one that is there already is fine.
Result<void> make_directory(const std::string& path);

// "what PATH: reason", with the errno.
[[nodiscard]] Error file_error(std::string_view what, const std::string& path, int code);

}  // namespace integrityd
