// What of a boot can be read on a running device. Reading blocks: it is a job of a lane.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/opener.hpp"
#include "core/result.hpp"
#include "sources/dm_mapping.hpp"
#include "sources/efivars.hpp"
#include "sources/event_log.hpp"
#include "sources/event_log_replay.hpp"
#include "sources/mount_table.hpp"
#include "sources/tpm.hpp"

namespace integrityd {

// Every bank that the TPM has, by PCR.
using PcrValuesByBank = std::map<HashAlgorithm, std::map<std::uint32_t, TcgDigest>>;

[[nodiscard]] PcrValuesByBank pcr_values(const std::vector<PcrBank>& banks);
// None: the TPM does not have it.
[[nodiscard]] const TcgDigest* find_pcr(const PcrValuesByBank& values, HashAlgorithm bank, std::uint32_t pcr);

// The log and the PCRs of one moment: those were read before and after it, and both again when they differed.
struct MeasuredBoot {
    std::string log;
    std::optional<Error> log_error;
    PcrValuesByBank pcrs;
    std::optional<Error> tpm_error;
};
[[nodiscard]] MeasuredBoot read_measured_boot(Tpm& tpm, Opener& opener);

// Whether the PCRs of the firmware (0 to 7) are what the log replays to, in every bank of both.
[[nodiscard]] bool firmware_replays(const Replay& replay, const PcrValuesByBank& pcrs);

// The device that the root file system lies on, by its active device-mapper table.
struct RootDevice {
    bool known = false;              // false: nobody could be asked
    std::string problem;             // why not
    std::optional<DmVerity> verity;  // none: it is not on dm-verity
};
[[nodiscard]] RootDevice read_root_device(Opener& opener);

// Beside the measurements: what efivarfs, the kernel and the mount table say now. `root` is put before every path.
struct BootSurroundings {
    bool has_efi = false;
    EfiVariables variables;
    std::vector<Mount> mounts;
    bool mounts_known = false;
    std::string command_line;  // as the kernel shows it; whether it was measured is for the log to say
    RootDevice root;
};
[[nodiscard]] BootSurroundings read_surroundings(const std::string& efivars, const std::string& root);

}  // namespace integrityd
