#include "sources/aide_config.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>

#include "core/digest.hpp"
#include "sources/aide_includes.hpp"

namespace integrityd {

namespace {

constexpr std::size_t chunk_size = 64U << 10;
// As much as the opener looks at for includes; a rule file of more is none.
constexpr std::uint64_t max_file = 1U << 20;

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
        root_prefix = take_aide_word(line);
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

}  // namespace integrityd
