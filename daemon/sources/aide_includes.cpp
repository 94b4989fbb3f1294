#include "sources/aide_includes.hpp"

#include <map>

namespace integrityd {

namespace {

// Debian's main file includes one directory and two files.
constexpr std::size_t max_includes = 512;
constexpr std::size_t max_word = 4096;
constexpr std::size_t max_defines = 256;

using Defines = std::map<std::string, std::string, std::less<>>;

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

// Puts the values of @@{NAME} in; once, because AIDE's values hold no further names.
std::string expand(std::string_view text, const Defines& defines) {
    std::string out;
    while (!text.empty() && out.size() < max_word) {
        const std::size_t begin = text.find("@@{");
        out += text.substr(0, begin);
        if (begin == std::string_view::npos) break;
        const std::size_t end = text.find('}', begin);
        if (end == std::string_view::npos) break;
        const auto found = defines.find(text.substr(begin + 3, end - begin - 3));
        if (found != defines.end()) out += found->second;
        text.remove_prefix(end + 1);
    }
    return out;
}

void take_line(std::string_view line, Defines& defines, std::vector<std::string>& includes) {
    const std::string directive = take_aide_word(line);
    if (directive == "@@define") {
        const std::string name = take_aide_word(line);
        if (defines.size() < max_defines) defines[name] = expand(take_aide_word(line), defines);
        return;
    }
    if (directive != "@@include" && directive != "@@x_include") return;
    std::string path = expand(take_aide_word(line), defines);
    if (!path.empty() && path.front() == '/' && includes.size() < max_includes) includes.push_back(std::move(path));
}

}  // namespace

std::string take_aide_word(std::string_view& text) {
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    std::string taken;
    while (!text.empty() && !is_space(text.front())) {
        if (text.front() == '\\' && text.size() > 1 && text[1] == ' ') text.remove_prefix(1);
        if (taken.size() < max_word) taken += text.front();
        text.remove_prefix(1);
    }
    return taken;
}

std::vector<std::string> aide_config_includes(std::string_view text) {
    Defines defines;
    std::vector<std::string> includes;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        take_line(text.substr(0, end), defines, includes);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return includes;
}

}  // namespace integrityd
