// From a mount point down to the block devices that it lies on, out of mountinfo and sysfs: world-readable, no
// privilege.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace integrityd {

struct Mounted {
    std::string device;      // "MAJOR:MINOR"; of file systems that have none of their own, 0:N
    std::string filesystem;  // ext4, overlay, …
    std::string source;      // what was named when it was mounted; for people
};

// What is on top at this place, out of the text of /proc/PID/mountinfo (proc(5)); none: nothing is mounted there.
// Total.
[[nodiscard]] std::optional<Mounted> find_mount(std::string_view mountinfo, std::string_view place);

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

// What is mounted at this place of the system below `root`; none: nothing, or it cannot be read.
[[nodiscard]] std::optional<Mounted> mounted_at(const std::string& root, std::string_view place);

}  // namespace integrityd
