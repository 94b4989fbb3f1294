// The mount table (proc(5), /proc/PID/mountinfo).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace integrityd {

// A device has some ten to some hundred mounts; a host of containers some thousand.
inline constexpr std::size_t most_mounts = 16384;

struct Mount {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::string root;   // inside of the file system
    std::string point;  // raw bytes
    std::string options;
    std::string type;
    std::string source;
    std::string super_options;
};

// In the table's order: what comes later lies above. Lines that cannot be read are left out.
[[nodiscard]] std::vector<Mount> parse_mount_table(std::string_view text);

// The value of NAME=VALUE in options; empty: not there.
[[nodiscard]] std::string_view mount_option(std::string_view options, std::string_view name);

// What is mounted at this very point, on top; none: null.
[[nodiscard]] const Mount* mounted_at(const std::vector<Mount>& mounts, std::string_view point);

}  // namespace integrityd
