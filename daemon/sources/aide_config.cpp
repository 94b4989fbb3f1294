#include "sources/aide_config.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <unistd.h>

#include "core/digest.hpp"

namespace integrityd {

namespace {

constexpr std::size_t chunk_size = 64U << 10;
// As much as the opener looks at for includes; a rule file of more is none.
constexpr std::uint64_t max_file = 1U << 20;
// Debian's main file includes one directory and two files.
constexpr std::size_t max_includes = 512;
constexpr std::size_t max_word = 4096;
constexpr std::size_t max_defines = 256;

using Defines = std::map<std::string, std::string, std::less<>>;

Result<std::string> read_file(const OpenedFile& file) {
    std::string text;
    std::string buffer(chunk_size, '\0');
    while (text.size() <= max_file) {
        const ssize_t got = pread(file.fd.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return Error{file.path + ": " + std::strerror(errno), errno};
        if (got == 0) return text;
        text.append(buffer, 0, static_cast<std::size_t>(got));
    }
    return Error{file.path + ": more than 1 MiB, which is no configuration", EFBIG};
}

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

// The next word, a backslash before a space being part of it; removed from `text`.
std::string word(std::string_view& text) {
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
    const std::string directive = word(line);
    if (directive == "@@define") {
        const std::string name = word(line);
        if (defines.size() < max_defines) defines[name] = expand(word(line), defines);
        return;
    }
    if (directive != "@@include" && directive != "@@x_include") return;
    std::string path = expand(word(line), defines);
    if (!path.empty() && path.front() == '/' && includes.size() < max_includes) includes.push_back(std::move(path));
}

// "root_prefix=/mnt", blanks around the sign allowed.
void take_root_prefix(std::string_view text, std::string& root_prefix) {
    constexpr std::string_view name = "root_prefix";
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        if (line.substr(0, name.size()) != name) continue;
        line.remove_prefix(name.size());
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        if (line.empty() || line.front() != '=') continue;
        line.remove_prefix(1);
        root_prefix = word(line);
    }
}

}  // namespace

Result<AideConfigFacts> digest_aide_config(const std::vector<OpenedFile>& files) {
    AideConfigFacts facts;
    Sha256 all;
    for (const auto& file : files) {
        const auto text = read_file(file);
        if (!text) return text.error();
        std::string digest = sha256_hex(*text);
        all.update(file.path);
        all.update(std::string_view("\0", 1));
        all.update(digest);
        facts.files.push_back({file.path, std::move(digest)});
        take_root_prefix(*text, facts.root_prefix);
    }
    facts.sha256 = to_hex(all.finish());
    return facts;
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
