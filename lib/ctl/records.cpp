#include "records.hpp"

#include <array>
#include <charconv>

#include "sources/audit_people.hpp"

namespace integrityctl {

namespace {

// The rest is of the machine: addresses, inodes, capabilities.
constexpr std::array told = {"auid", "uid",    "euid", "syscall", "success", "exit", "proctitle", "cwd",
                             "name", "name.1", "key",  "saddr",   "acct",    "op",   "res"};

}  // namespace

std::string unescaped(std::string_view text) {
    std::string raw;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned byte = 0;
        const std::string_view digits = text.substr(std::min(i + 2, text.size()), 2);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        const bool escape = text[i] == '\\' && i + 1 < text.size();
        if (escape && text[i + 1] == '\\') {
            raw += text[++i];
        } else if (escape && text[i + 1] == 'x' && error == std::errc() && end == digits.data() + 2) {
            raw += static_cast<char>(byte);
            i += 3;
        } else {
            raw += text[i];
        }
    }
    return raw;
}

std::map<std::string, std::string> records_in_words(std::string_view escaped_records) {
    std::map<std::string, std::string> words;
    const auto all = integrityd::audit_for_people(unescaped(escaped_records));
    if (!all) return words;
    for (const char* const name : told) {
        const auto found = all->find(name);
        if (found != all->end() && !found->second.empty()) words.emplace(name, found->second);
    }
    return words;
}

}  // namespace integrityctl
