#include "terminal.hpp"

#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

namespace integrityctl {

namespace {

constexpr std::size_t standard_width = 80;
constexpr std::size_t least_width = 40;  // below this a table is no table any more

// Select Graphic Rendition (ECMA-48, 8.3.117); only the eight colours that every terminal has.
std::string_view rendition(Style style) {
    switch (style) {
        case Style::plain:
            return "";
        case Style::strong:
            return "1";
        case Style::faint:
            return "2";
        case Style::good:
            return "32";
        case Style::note:
            return "36";
        case Style::warning:
            return "33";
        case Style::bad:
            return "31";
        case Style::worst:
            return "1;31";
    }
    return "";
}

}  // namespace

Terminal Terminal::of(int fd) {
    const bool interactive = isatty(fd) == 1;
    winsize size{};
    const bool known = interactive && ioctl(fd, TIOCGWINSZ, &size) == 0;
    return from(interactive, std::getenv("NO_COLOR"), std::getenv("TERM"), known ? size.ws_col : 0);
}

Terminal Terminal::from(bool interactive, const char* no_color, const char* term, std::size_t width) {
    const bool refused = no_color != nullptr && *no_color != '\0';
    const bool dumb = term == nullptr || std::string_view(term) == "dumb";
    Terminal terminal{interactive, interactive && !refused && !dumb, width != 0 ? width : standard_width};
    if (terminal.width < least_width) terminal.width = least_width;
    return terminal;
}

std::string paint(std::string_view text, Style style, const Terminal& terminal) {
    const std::string_view code = rendition(style);
    if (!terminal.colours || code.empty() || text.empty()) return std::string(text);
    std::string painted = "\033[";
    painted.append(code).append("m").append(text).append("\033[0m");
    return painted;
}

Style style_of_severity(std::string_view severity) {
    if (severity == "critical") return Style::worst;
    if (severity == "high") return Style::bad;
    if (severity == "medium") return Style::warning;
    return severity == "low" ? Style::note : Style::plain;
}

Style style_of_state(std::string_view state) {
    if (state == "violated" || state == "open" || state == "tampered" || state == "failing") return Style::worst;
    if (state == "degraded" || state == "blind" || state == "returned" || state == "unknown") return Style::warning;
    if (state == "intact" || state == "resolved" || state == "accepted" || state == "reachable") return Style::good;
    return state == "acknowledged" ? Style::note : Style::faint;
}

}  // namespace integrityctl
