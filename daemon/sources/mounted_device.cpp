#include "sources/mounted_device.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <filesystem>
#include <fstream>
#include <set>
#include <string_view>

#include "core/escape.hpp"

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

// The numbers of the devices that a directory of sysfs names. One that is left out would be one that nobody sees, so
// that either all are known or none.
Result<std::vector<std::string>> devices_in(const fs::path& directory) {
    std::vector<std::string> numbers;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
        std::string number = attribute(entry->path() / "dev");
        if (number.empty()) return Error{"no device number in " + escape(entry->path().string()), EAGAIN};
        numbers.push_back(std::move(number));
    }
    // A partition has no such directory.
    if (error && error != std::errc::no_such_file_or_directory)
        return Error{escape(directory.string()) + ": " + error.message(), error.value()};
    std::ranges::sort(numbers);
    return numbers;
}

// Of /dev/mapper/NAME by the name that the kernel knows, of /dev/NAME by the kernel's own; empty: there is none.
std::string number_of(const std::string& root, std::string_view device) {
    constexpr std::string_view mapper = "/dev/mapper/";
    constexpr std::string_view dev = "/dev/";
    const fs::path directory = fs::path(root) / "sys/class/block";
    const bool mapped = device.starts_with(mapper);
    if (!device.starts_with(dev)) return "";
    const std::string_view name = device.substr(mapped ? mapper.size() : dev.size());
    if (!mapped) return name.find('/') == std::string_view::npos ? attribute(directory / name / "dev") : "";
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
        if (attribute(entry->path() / "dm/name") == name) return attribute(entry->path() / "dev");
    return "";
}

// All devices of the btrfs that has this one.
Result<std::vector<std::string>> devices_of_btrfs(const std::string& root, const std::string& one) {
    std::error_code error;
    const fs::path directory = fs::path(root) / "sys/fs/btrfs";
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
        auto all = devices_in(entry->path() / "devices");
        if (!all || std::ranges::find(*all, one) != all->end()) return all;
    }
    return std::vector<std::string>();
}

// btrfs has a number of its own. Its source is no free text, other than that of tmpfs: the kernel puts the path there
// that it knows one of the devices by.
Result<std::vector<std::string>> devices_of(const std::string& root, const Mount& mount) {
    const std::vector<std::string> own = {mount.device};
    if (!mount.device.starts_with("0:") || mount.type != "btrfs") return own;
    const std::string one = number_of(root, mount.source);
    if (one.empty()) return own;
    auto all = devices_of_btrfs(root, one);
    return all && all->empty() ? own : all;
}

}  // namespace

Result<std::vector<std::string>> devices_holding(const std::string& root, const Mount& mount,
                                                 const std::string& floor) {
    const auto top = devices_of(root, mount);
    if (!top) return top.error();
    std::deque<std::string> pending(top->begin(), top->end());
    std::set<std::string> seen;
    std::vector<std::string> holding;
    while (!pending.empty()) {
        const std::string next = std::move(pending.front());
        pending.pop_front();
        if (!seen.insert(next).second) continue;
        if (seen.size() > most_devices) return std::vector<std::string>();
        std::vector<std::string> below;
        if (next != floor) {
            auto known = devices_in(fs::path(root) / "sys/dev/block" / next / "slaves");
            if (!known) return known;
            below = std::move(*known);
        }
        if (below.empty()) holding.push_back(next);
        pending.insert(pending.end(), below.begin(), below.end());
    }
    std::ranges::sort(holding);
    return holding;
}

bool is_suspended(const std::string& root, const std::string& number) {
    return attribute(fs::path(root) / "sys/dev/block" / number / "dm/suspended") == "1";
}

}  // namespace integrityd
