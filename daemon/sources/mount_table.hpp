// The mount table (proc(5), /proc/PID/mountinfo).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace integrityd {

// A device has some ten to some hundred mounts; a host of containers some thousand.
inline constexpr std::size_t most_mounts = 16384;

struct Mount {
    std::uint32_t id = 0;
    std::uint32_t parent = 0;  // what it is mounted on
    std::string device;        // "MAJOR:MINOR"; of file systems that have none of their own, 0:N
    std::string root;          // inside of the file system
    std::string point;         // raw bytes
    std::string options;
    std::string type;
    std::string source;
    std::string super_options;  // a comma inside of a value stays \054: it would look like one between two options
};

// In the table's order, which says nothing of what covers what: a mount may have been moved. Lines that cannot be read
// are left out.
[[nodiscard]] std::vector<Mount> parse_mount_table(std::string_view text);

// What whoever opens this absolute path finds mounted at it; null: nothing, or it is not a mount point. `point` is
// canonical: without links, dots and doubled slashes.
[[nodiscard]] const Mount* mounted_at(const std::vector<Mount>& mounts, std::string_view point);

// The mounts of the first process, as the whole system sees them: our own namespace has others, which the unit's
// protections made. `root`: "" on a device, else a tree of a test's own.
[[nodiscard]] Result<std::vector<Mount>> read_mount_table(const std::string& root);

// Its file, which poll(2) calls ready (POLLPRI) after each change.
[[nodiscard]] std::string mount_table_path(const std::string& root);

}  // namespace integrityd
