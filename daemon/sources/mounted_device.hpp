// From a mount down to the block devices that it lies on, out of sysfs: world-readable, no privilege.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sources/mount_table.hpp"

namespace integrityd {

struct BlockDevice {
    std::string number;   // "MAJOR:MINOR"
    std::string dm_name;  // empty: no device of the device-mapper
    std::string dm_uuid;
    bool suspended = false;
};

// The device and all that lie below it (slaves), each once, itself first. `root`: "/" on a device, else a tree of a
// test's own. Empty: there is no such device.
[[nodiscard]] std::vector<BlockDevice> devices_below(const std::string& root, const std::string& number);

// "MAJOR:MINOR" of the device-mapper device of this name; empty: there is none.
[[nodiscard]] std::string find_dm_device(const std::string& root, std::string_view name);

// "MAJOR:MINOR" of what the mount lies on. btrfs has a number of its own and says where it lies in its source alone.
[[nodiscard]] std::string device_of(const std::string& root, const Mount& mount);

}  // namespace integrityd
