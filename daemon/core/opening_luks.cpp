// What the openers that open themselves have in common about LUKS volumes and device-mapper.
#include <cerrno>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "core/config.hpp"
#include "core/dm_table.hpp"
#include "core/luks_area.hpp"
#include "core/memory_file.hpp"
#include "core/opening.hpp"

namespace integrityd {

namespace {

Result<UniqueFd> sealed_table(const Result<std::string>& table) {
    if (!table) return table.error();
    return make_sealed_file("integrityd-dm-table", *table);
}

}  // namespace

Error no_such_volume() {
    return Error{"the configuration names no such volume", EINVAL};
}

Result<LuksArea> luks_area_of(const UniqueFd& device) {
    struct stat status {};
    if (fstat(device.get(), &status) < 0) return Error{"the volume's device cannot be looked at", errno};
    if (!S_ISBLK(status.st_mode) && !S_ISREG(status.st_mode))
        return Error{"the volume's device is no block device", EINVAL};
    auto header = copy_luks_area(device);
    if (!header) return header.error();
    LuksArea area;
    if (S_ISBLK(status.st_mode))
        area.device = std::to_string(major(status.st_rdev)) + ":" + std::to_string(minor(status.st_rdev));
    area.header = std::move(*header);
    return area;
}

Result<UniqueFd> dm_table_of(const LuksVolume& volume) {
    if (volume.mapping.empty()) return Error{"the configuration names no mapping of this volume", EINVAL};
    return sealed_table(read_dm_table(volume.mapping));
}

// Asked by its number, which no mount, link or name in /dev can change.
Result<UniqueFd> dm_table_of_root() {
    struct stat status {};
    if (stat("/", &status) < 0) return Error{"the root cannot be looked at", errno};
    return sealed_table(read_dm_table(status.st_dev));
}

}  // namespace integrityd
