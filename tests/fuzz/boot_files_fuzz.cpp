// The texts that a boot is held against beside the measurements: the mount table, and what was kept of PCRs.
#include <cstdint>
#include <cstdlib>

#include "watchers/boot/boot_mounts.hpp"
#include "watchers/boot/boot_pcrs.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace integrityd;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto mounts = parse_mount_table(bytes);
    if (mounts.size() > most_mounts) std::abort();
    for (const Mount& mount : mounts) {
        const Mount* const found = mounted_at(mounts, mount.point);
        if (mount.point.empty() || (found != nullptr && found->point != mount.point)) std::abort();
    }
    (void)covering_mounts(mounts);
    PcrReference reference;
    reference.restore(bytes, "boot");
    PcrReference again;
    again.restore(reference.to_text("boot"), "boot");
    if (again.to_text("boot") != reference.to_text("boot")) std::abort();
    return 0;
}
