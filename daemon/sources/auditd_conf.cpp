#include "sources/auditd_conf.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <strings.h>

namespace integrityd {

namespace {

constexpr std::string_view blanks = " \t\r";
// Names of groups have 32 characters at most (useradd(8)); a value of more is none.
constexpr std::size_t longest_group = 256;

std::string_view first_word(std::string_view text) {
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(blanks)));
    return text.substr(0, text.find_first_of(blanks));
}

// auditd takes names of settings in any case.
bool is_log_group(std::string_view name) {
    constexpr std::string_view setting = "log_group";
    return name.size() == setting.size() && strncasecmp(name.data(), setting.data(), setting.size()) == 0;
}

// A number where it begins with a digit, else a name, as auditd reads it.
std::optional<gid_t> group_of(std::string_view value, const GroupLookup& lookup) {
    if (value.empty() || value.size() > longest_group) return std::nullopt;
    if (value.front() < '0' || value.front() > '9') return lookup(std::string(value));
    gid_t group = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), group);
    return error == std::errc() && end == value.data() + value.size() ? std::optional(group) : std::nullopt;
}

}  // namespace

std::optional<gid_t> auditd_log_group(std::string_view text, const GroupLookup& lookup) {
    std::optional<std::string_view> value;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos || !is_log_group(first_word(line.substr(0, equals)))) continue;
        value = first_word(line.substr(equals + 1));  // the last one counts
    }
    return value ? group_of(*value, lookup) : std::optional<gid_t>(0);
}

}  // namespace integrityd
