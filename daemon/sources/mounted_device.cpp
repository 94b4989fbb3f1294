#include "sources/mounted_device.hpp"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace integrityd {

namespace {

namespace fs = std::filesystem;

// Deeper or wider than any stack of LVM, RAID and encryption: then somebody has built a labyrinth.
constexpr std::size_t most_devices = 64;
// A line is at most 4 paths long; a device has some 60 mounts, one with many containers thousands.
constexpr std::size_t longest_mountinfo = 8U << 20;
constexpr std::size_t longest_attribute = 4096;

// mountinfo writes space, tab, newline and backslash in octal.
std::string unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '7' ? text[at] - '0' : -1; };
        const bool octal =
            text[i] == '\\' && i + 3 < text.size() && digit(i + 1) >= 0 && digit(i + 2) >= 0 && digit(i + 3) >= 0;
        out += octal ? static_cast<char>(digit(i + 1) * 64 + digit(i + 2) * 8 + digit(i + 3)) : text[i];
        if (octal) i += 3;
    }
    return out;
}

struct MountLine {
    std::string id;
    std::string parent;
    Mounted mounted;
};

// "ID PARENT MAJOR:MINOR ROOT PLACE OPTIONS [TAGS…] - TYPE SOURCE OPTIONS"; none: of another place, or no such line.
std::optional<MountLine> read_line(const std::string& line, std::string_view place) {
    std::istringstream words(line);
    MountLine read;
    std::string root, where, word;
    if (!(words >> read.id >> read.parent >> read.mounted.device >> root >> where)) return std::nullopt;
    if (unescaped(where) != place) return std::nullopt;
    while (words >> word && word != "-") {
    }
    if (!(words >> read.mounted.filesystem >> read.mounted.source)) return std::nullopt;
    read.mounted.source = unescaped(read.mounted.source);
    return read;
}

std::string attribute(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::string text(longest_attribute, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.ends_with('\n')) text.pop_back();
    return text;
}

BlockDevice read_device(const fs::path& directory, const std::string& number) {
    return {number, attribute(directory / "dm/name"), attribute(directory / "dm/uuid"),
            attribute(directory / "dm/suspended") == "1"};
}

std::vector<std::string> below(const fs::path& directory) {
    std::vector<std::string> numbers;
    std::error_code error;
    for (fs::directory_iterator entry(directory / "slaves", error), end; !error && entry != end; entry.increment(error))
        if (const std::string number = attribute(entry->path() / "dev"); !number.empty()) numbers.push_back(number);
    std::ranges::sort(numbers);
    return numbers;
}

}  // namespace

// A mount that another one covers is that one's parent.
std::optional<Mounted> find_mount(std::string_view mountinfo, std::string_view place) {
    std::vector<MountLine> here;
    std::istringstream lines{std::string(mountinfo)};
    for (std::string line; std::getline(lines, line);)
        if (auto read = read_line(line, place)) here.push_back(std::move(*read));
    for (const MountLine& each : here) {
        const bool covered = std::ranges::any_of(
            here, [&](const MountLine& other) { return other.parent == each.id && &other != &each; });
        if (!covered) return each.mounted;
    }
    return std::nullopt;
}

std::vector<BlockDevice> devices_below(const std::string& root, const std::string& number) {
    std::vector<BlockDevice> found;
    std::deque<std::string> pending = {number};
    while (!pending.empty() && found.size() < most_devices) {
        const std::string next = std::move(pending.front());
        pending.pop_front();
        if (std::ranges::find(found, next, &BlockDevice::number) != found.end()) continue;
        const fs::path directory = fs::path(root) / "sys/dev/block" / next;
        std::error_code error;
        if (!fs::exists(directory, error)) continue;
        found.push_back(read_device(directory, next));
        for (std::string& each : below(directory))
            pending.push_back(std::move(each));
    }
    return found;
}

std::string find_dm_device(const std::string& root, std::string_view name) {
    std::error_code error;
    const fs::path directory = fs::path(root) / "sys/class/block";
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
        if (attribute(entry->path() / "dm/name") == name) return attribute(entry->path() / "dev");
    return "";
}

std::optional<Mounted> mounted_at(const std::string& root, std::string_view place) {
    std::ifstream in(fs::path(root) / "proc/self/mountinfo", std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (text.size() > longest_mountinfo) return std::nullopt;
    auto mounted = find_mount(text, place);
    // btrfs has a number of its own and says where it lies in its source alone.
    constexpr std::string_view mapper = "/dev/mapper/";
    if (mounted && mounted->device.starts_with("0:") && mounted->source.starts_with(mapper)) {
        const std::string device = find_dm_device(root, std::string_view(mounted->source).substr(mapper.size()));
        if (!device.empty()) mounted->device = device;
    }
    return mounted;
}

}  // namespace integrityd
