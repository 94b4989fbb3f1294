// What is known of where the output goes, and how words are made to stand out there.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace integrityctl {

struct Terminal {
    bool interactive = false;  // somebody looks at it
    bool colours = false;
    std::size_t width = 80;

    // Of a descriptor. Colours only on a terminal that is not "dumb", and not where NO_COLOR is set (no-color.org).
    [[nodiscard]] static Terminal of(int fd);
    // The rules alone, for tests: null stands for a variable that is not set, 0 for a width that is not known.
    [[nodiscard]] static Terminal from(bool interactive, const char* no_color, const char* term, std::size_t width);
};

enum class Style { plain, strong, faint, good, note, warning, bad, worst };

// `text` must be printable already.
[[nodiscard]] std::string paint(std::string_view text, Style style, const Terminal& terminal);

[[nodiscard]] Style style_of_severity(std::string_view severity);
// Of a verdict, of a watcher's state, of a violation's state.
[[nodiscard]] Style style_of_state(std::string_view state);

}  // namespace integrityctl
