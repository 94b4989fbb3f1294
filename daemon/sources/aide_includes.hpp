// What a text of AIDE's configuration includes. A part of its own, without libraries: integrityd-broker links it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace integrityd {

// The files and directories that a configuration text includes: @@include and @@x_include, with
// @@define'd names put in. Absolute paths only: AIDE takes others relative to where it was started.
// Of a directory every file is meant, not only those that match AIDE's expression: a file that is
// added there is worth a look.
[[nodiscard]] std::vector<std::string> aide_config_includes(std::string_view text);

// The next word, a backslash before a space being part of it; removed from `text`. At most 4096 bytes of it.
[[nodiscard]] std::string take_aide_word(std::string_view& text);

}  // namespace integrityd
