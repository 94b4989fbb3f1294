#include "sources/mounted_device.hpp"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>

namespace integrityd {

namespace {

namespace fs = std::filesystem;

// Deeper or wider than any stack of LVM, RAID and encryption: then somebody has built a labyrinth.
constexpr std::size_t most_devices = 64;
constexpr std::size_t longest_attribute = 4096;

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

std::string device_of(const std::string& root, const Mount& mount) {
    constexpr std::string_view mapper = "/dev/mapper/";
    if (!mount.device.starts_with("0:") || !mount.source.starts_with(mapper)) return mount.device;
    const std::string device = find_dm_device(root, std::string_view(mount.source).substr(mapper.size()));
    return device.empty() ? mount.device : device;
}

}  // namespace integrityd
