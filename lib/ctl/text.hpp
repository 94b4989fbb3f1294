// Text from elsewhere, made fit for a terminal: it cannot move the cursor, colour, or reorder what is read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace integrityctl {

// Control, C1, line-separator and bidirectional-override characters and bytes that are no UTF-8 become `\xNN`. The
// daemon escapes what it tells in the same way; a backslash stays as it is, so that this changes nothing of that.
[[nodiscard]] std::string printable(std::string_view text);

// The same for a line of JSON: the characters that JSON lets through become `\uNNNN`, the value stays the same.
[[nodiscard]] std::string printable_json(std::string_view line);

// How many columns of a terminal it takes.
[[nodiscard]] std::size_t columns(std::string_view text);

// Lines of at most `width` (at least 1) columns, broken after a space or a slash where there is one. At least one.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t width);

// Wrapped, each line after the first behind `indent` spaces; `indent` columns of the first are taken already.
[[nodiscard]] std::string wrap_behind(std::size_t indent, std::string_view text, std::size_t width);

// At most `room` (at least 24) columns: what is left out of the middle is said as "…N more…", N in bytes. An escape
// (`\xNN`, `\\`) stays whole.
[[nodiscard]] std::string cut_middle(std::string_view text, std::size_t room);

[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace integrityctl
