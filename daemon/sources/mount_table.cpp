#include "sources/mount_table.hpp"

#include <charconv>
#include <optional>

namespace integrityd {

namespace {

// The next word; empty at the end of the line.
std::string_view word(std::string_view& line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view found = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return found;
}

// Spaces and the like are written as \040.
std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        const char* const begin = text.data() + i + 1;
        const bool octal = text[i] == '\\' && text.size() - i >= 4 &&
                           std::from_chars(begin, begin + 3, value, 8).ptr == begin + 3 && value < 256;
        out += octal ? static_cast<char>(value) : text[i];
        if (octal) i += 3;
    }
    return out;
}

bool read_device(std::string_view text, Mount& mount) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return false;
    const auto number = [](std::string_view digits, std::uint32_t& into) {
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
        return error == std::errc() && end == digits.data() + digits.size();
    };
    return number(text.substr(0, colon), mount.major) && number(text.substr(colon + 1), mount.minor);
}

// ID PARENT MAJOR:MINOR ROOT POINT OPTIONS TAG… - TYPE SOURCE SUPER_OPTIONS
std::optional<Mount> parse_line(std::string_view line) {
    Mount mount;
    (void)word(line);
    (void)word(line);
    if (!read_device(word(line), mount)) return std::nullopt;
    mount.root = unescape(word(line));
    mount.point = unescape(word(line));
    mount.options = word(line);
    while (!line.empty() && word(line) != "-") {
    }
    mount.type = word(line);
    mount.source = unescape(word(line));
    mount.super_options = unescape(word(line));
    if (mount.point.empty() || mount.type.empty()) return std::nullopt;
    return mount;
}

}  // namespace

std::vector<Mount> parse_mount_table(std::string_view text) {
    std::vector<Mount> mounts;
    while (!text.empty() && mounts.size() < most_mounts) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (auto mount = parse_line(text.substr(0, end))) mounts.push_back(std::move(*mount));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return mounts;
}

std::string_view mount_option(std::string_view options, std::string_view name) {
    while (!options.empty()) {
        const std::size_t end = std::min(options.find(','), options.size());
        const std::string_view option = options.substr(0, end);
        if (option.starts_with(name) && option.substr(name.size()).starts_with('='))
            return option.substr(name.size() + 1);
        options.remove_prefix(std::min(end + 1, options.size()));
    }
    return {};
}

const Mount* mounted_at(const std::vector<Mount>& mounts, std::string_view point) {
    const Mount* top = nullptr;
    for (const Mount& mount : mounts) {
        if (mount.point == point) top = &mount;
    }
    return top;
}

}  // namespace integrityd
