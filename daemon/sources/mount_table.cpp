#include "sources/mount_table.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/read_file.hpp"

namespace integrityd {

namespace {

constexpr std::size_t largest_table = 8U << 20;  // most_mounts lines, longer than usual ones

// The next word; empty at the end of the line.
std::string_view word(std::string_view& line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view found = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return found;
}

// Spaces and the like are written as \040. `but` stays as it is written.
std::string unescape(std::string_view text, std::optional<char> but = std::nullopt) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        const char* const begin = text.data() + i + 1;
        const bool escaped = text[i] == '\\' && text.size() - i >= 4 &&
                             std::from_chars(begin, begin + 3, value, 8).ptr == begin + 3 && value < 256;
        const bool octal = escaped && static_cast<char>(value) != but;
        out += octal ? static_cast<char>(value) : text[i];
        if (octal) i += 3;
    }
    return out;
}

bool read_number(std::string_view digits, std::uint32_t& into) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
    return error == std::errc() && end == digits.data() + digits.size();
}

bool is_device(std::string_view text) {
    const std::size_t colon = text.find(':');
    std::uint32_t number = 0;
    return colon != std::string_view::npos && read_number(text.substr(0, colon), number) &&
           read_number(text.substr(colon + 1), number);
}

// ID PARENT MAJOR:MINOR ROOT POINT OPTIONS TAG… - TYPE SOURCE SUPER_OPTIONS
std::optional<Mount> parse_line(std::string_view line) {
    Mount mount;
    if (!read_number(word(line), mount.id) || !read_number(word(line), mount.parent)) return std::nullopt;
    mount.device = word(line);
    if (!is_device(mount.device)) return std::nullopt;
    mount.root = unescape(word(line));
    mount.point = unescape(word(line));
    mount.options = word(line);
    while (!line.empty() && word(line) != "-") {
    }
    mount.type = word(line);
    mount.source = unescape(word(line));
    mount.super_options = unescape(word(line), ',');
    if (!mount.point.starts_with('/') || mount.type.empty()) return std::nullopt;
    return mount;
}

// The one that nothing in the table carries.
const Mount* root_of(const std::vector<Mount>& mounts) {
    for (const Mount& mount : mounts) {
        if (mount.point != "/") continue;
        const bool carried = std::ranges::any_of(
            mounts, [&](const Mount& other) { return other.id == mount.parent && other.id != mount.id; });
        if (!carried) return &mount;
    }
    return nullptr;
}

// What lies on `below` at this point, and on that, and so on; as many steps as there are mounts, should ids go in a
// circle.
const Mount* top_at(const std::vector<Mount>& mounts, const Mount* below, std::string_view point) {
    for (std::size_t steps = 0; steps < mounts.size(); ++steps) {
        const auto above = std::ranges::find_if(mounts, [&](const Mount& mount) {
            return mount.parent == below->id && mount.id != below->id && mount.point == point;
        });
        if (above == mounts.end()) break;
        below = &*above;
    }
    return below;
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

// As the kernel walks a path: from the root, and at each step up to what is mounted there.
const Mount* mounted_at(const std::vector<Mount>& mounts, std::string_view point) {
    const Mount* at = root_of(mounts);
    if (at == nullptr) return nullptr;
    at = top_at(mounts, at, "/");
    for (std::size_t end = 0; end != std::string_view::npos;) {
        end = point.find('/', end + 1);
        at = top_at(mounts, at, point.substr(0, end));
    }
    return at->point == point ? at : nullptr;
}

std::string mount_table_path(const std::string& root) {
    return root + "/proc/1/mountinfo";
}

Result<std::vector<Mount>> read_mount_table(const std::string& root) {
    const auto text = read_file(mount_table_path(root), largest_table);
    if (!text) return text.error();
    return parse_mount_table(*text);
}

}  // namespace integrityd
