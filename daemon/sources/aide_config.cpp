#include "sources/aide_config.hpp"

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

Result<std::string> digest_file(const OpenedFile& file) {
    Sha256 digest;
    std::string buffer(chunk_size, '\0');
    std::uint64_t size = 0;
    while (size <= max_file) {
        const ssize_t got = pread(file.fd.get(), buffer.data(), buffer.size(), static_cast<off_t>(size));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return Error{file.path + ": " + std::strerror(errno), errno};
        if (got == 0) return to_hex(digest.finish());
        size += static_cast<std::uint64_t>(got);
        digest.update(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
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

}  // namespace

Result<AideConfigFacts> digest_aide_config(const std::vector<OpenedFile>& files) {
    AideConfigFacts facts;
    Sha256 all;
    for (const auto& file : files) {
        auto digest = digest_file(file);
        if (!digest) return digest.error();
        all.update(file.path);
        all.update(std::string_view("\0", 1));
        all.update(*digest);
        facts.files.push_back({file.path, std::move(*digest)});
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
