// The active table of a device-mapper device, as text and without keys.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "core/result.hpp"

namespace integrityd {

// A line for each target: "START LENGTH TYPE PARAMETERS", as `dmsetup table` has it, and in front of them one line
// "device MAJOR:MINOR UUID". Of crypt targets the field of the key is replaced by its length in bytes; targets whose
// parameters may hold keys, and that nobody here judges, are told without parameters. ENXIO: there is no such device.
// EPROTO: the kernel's answer contradicts itself. What is no printable ASCII is told as '?', so that a uuid, which
// whoever made the device chose, adds no line. Needs CAP_SYS_ADMIN and /dev/mapper/control.
[[nodiscard]] Result<std::string> read_dm_table(const std::string& name);
// Of the device of this number; ENXIO also for one that is not of the device-mapper.
[[nodiscard]] Result<std::string> read_dm_table(dev_t device);

// DM_TABLE_STATUS: a dm_ioctl with room for the answer behind it, which takes its place. 0, or the errno.
using DmQuestion = std::function<int(std::span<char> question)>;
// The same, asked otherwise than by the kernel's control device.
[[nodiscard]] Result<std::string> read_dm_table(const std::string& name, const DmQuestion& ask);

// The parameters of a target of this type as they may be told.
[[nodiscard]] std::string without_keys(std::string_view type, std::string_view parameters);

}  // namespace integrityd
