#include "sources/dm_mapping.hpp"

#include <algorithm>
#include <charconv>

namespace integrityd {

namespace {

// As much as the broker hands out, and a table of more parts than any volume has.
constexpr std::size_t longest_text = 256U << 10;
constexpr std::size_t most_targets = 256;

std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    while (!line.empty()) {
        const std::string_view word = line.substr(0, line.find(' '));
        if (!word.empty()) words.emplace_back(word);
        line.remove_prefix(std::min(line.size(), word.size() + 1));
    }
    return words;
}

std::optional<std::uint64_t> number_of(std::string_view word) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    return error == std::errc() && end == word.data() + word.size() ? std::optional(number) : std::nullopt;
}

bool add_target(std::string_view line, DmTable& table) {
    auto words = words_of(line);
    if (words.size() < 3 || table.targets.size() == most_targets) return false;
    const auto start = number_of(words[0]);
    const auto length = number_of(words[1]);
    if (!start || !length) return false;
    DmTarget target{*start, *length, words[2], {}};
    words.erase(words.begin(), words.begin() + 3);
    target.parameters = std::move(words);
    table.targets.push_back(std::move(target));
    return true;
}

}  // namespace

Result<DmTable> parse_dm_table(std::string_view text) {
    if (text.size() > longest_text) return Error{"the device-mapper table is too long"};
    DmTable table;
    bool first = true;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (!std::exchange(first, false)) {
            if (!add_target(line, table)) return Error{"a line of the device-mapper table cannot be understood"};
            continue;
        }
        const auto words = words_of(line);
        if (words.size() < 2 || words[0] != "device") return Error{"the device-mapper table names no device"};
        table.device = words[1];
        if (words.size() > 2) table.uuid = words[2];
    }
    if (first) return Error{"the device-mapper table is empty"};
    return table;
}

std::optional<DmCrypt> as_crypt(const DmTarget& target) {
    if (target.type != "crypt" || target.parameters.size() < 5) return std::nullopt;
    const auto key_size = number_of(target.parameters[1]);
    const auto offset = number_of(target.parameters[4]);
    if (!key_size || !offset) return std::nullopt;
    DmCrypt crypt{target.parameters[0], *key_size, target.parameters[3], *offset, {}};
    for (std::size_t i = 6; i < target.parameters.size(); ++i) {
        const std::string& option = target.parameters[i];
        if (!option.starts_with("sector_size:") && option != "iv_large_sectors") crypt.flags.push_back(option);
    }
    std::ranges::sort(crypt.flags);
    return crypt;
}

std::optional<DmVerity> as_verity(const DmTarget& target) {
    constexpr std::size_t fixed = 10;
    if (target.type != "verity" || target.parameters.size() < fixed) return std::nullopt;
    DmVerity verity{target.parameters[7], target.parameters[8], false};
    const bool hex = verity.root_hash.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!hex || target.start != 0) return std::nullopt;
    verity.ignores_corruption = std::find(target.parameters.begin() + fixed, target.parameters.end(),
                                          "ignore_corruption") != target.parameters.end();
    return verity;
}

std::optional<DmVerity> as_verity(const DmTable& table) {
    return table.targets.size() == 1 ? as_verity(table.targets.front()) : std::nullopt;
}

}  // namespace integrityd
