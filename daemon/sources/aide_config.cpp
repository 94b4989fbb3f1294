#include "sources/aide_config.hpp"

#include <algorithm>

#include "core/digest.hpp"
#include "core/read_file.hpp"
#include "sources/aide_includes.hpp"

namespace integrityd {

namespace {

// As much as the opener looks at for includes; a rule file of more is none.
constexpr std::size_t max_file = 1U << 20;

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
        const auto text = read_whole(file.fd, max_file);
        if (!text) return Error{file.path + ": " + text.error().message, text.error().code};
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
