// Escaping: bytes of strangers as text that cannot lie to a person or forge a log line.
#pragma once

#include <string>
#include <string_view>

namespace integrityd {

// Valid UTF-8 without control, C1, line/paragraph-separator, bidirectional-override characters and
// noncharacters (sd-bus refuses them) is passed on; any other byte becomes `\xNN` (lower case) and a
// backslash `\\` (contract section 3). Reversible: no two inputs give the same output.
[[nodiscard]] std::string escape(std::string_view bytes);

// The same, cut to at most `limit` (at least 40) bytes of output, never inside an escape or a
// character; what was cut is said as "… (N more bytes)", N counted in `bytes`.
[[nodiscard]] std::string escape_cut(std::string_view bytes, std::size_t limit);

// Whether `text` is valid UTF-8.
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace integrityd
