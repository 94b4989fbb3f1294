// Printable: the last guard before text reaches a terminal or a log line.
#pragma once

#include <string>
#include <string_view>

namespace integrityd {

// As escape(), but a backslash stays as it is: for text that is already escaped, or is our own with
// parts of strangers in it. One line, no control character.
[[nodiscard]] std::string printable(std::string_view text);

// The same, cut to at most `limit` bytes, never inside a character or an escape; a cut ends in "…".
[[nodiscard]] std::string printable_cut(std::string_view text, std::size_t limit);

}  // namespace integrityd
