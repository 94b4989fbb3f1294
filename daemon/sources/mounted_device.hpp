// From a mount down to the block devices that hold its data, out of sysfs: world-readable, no privilege.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "sources/mount_table.hpp"

namespace integrityd {

// On what all of the mount's data ends up, as "MAJOR:MINOR": each device that lies on no other, sorted. What lies below
// `floor` is not looked at, so that `floor` alone is the answer where nothing is written beside it. A file system
// without a device (tmpfs, overlay) is its own, whatever its source says: that is a free text. Empty: a circle, or more
// devices than any stack has. `root`: "/" on a device, else a tree of a test's own.
[[nodiscard]] Result<std::vector<std::string>> devices_holding(const std::string& root, const Mount& mount,
                                                               const std::string& floor);

// Whether the device of the device-mapper with this number is suspended.
[[nodiscard]] bool is_suspended(const std::string& root, const std::string& number);

}  // namespace integrityd
