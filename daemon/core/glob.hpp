// Glob: the patterns of severity rules, over kinds and subjects.
#pragma once

#include <string_view>

namespace integrityd {

// Whether `pattern` matches the whole of `text`. As fnmatch(3) without FNM_PATHNAME and FNM_PERIOD,
// over UTF-8 characters and independent of the locale:
//
//   `*`        any characters, none too, `/` included: "/etc/*" covers everything below /etc
//   `?`        one character
//   `[a-z_]`   one of these characters; `[!a-z]` or `[^a-z]` none of these; a `]` that comes first
//              stands for itself; a `[` that is not closed stands for itself
//   `\c`       the character c itself
//   else       itself
//
// A subject is matched as it is displayed, escapes and all: what is shown as `\x0a` needs `\\x0a`.
// Total, no recursion; takes at most pattern × text steps.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace integrityd
