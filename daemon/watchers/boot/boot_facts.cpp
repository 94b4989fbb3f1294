#include "watchers/boot/boot_facts.hpp"

#include <cerrno>
#include <unistd.h>

#include "core/read_file.hpp"
#include "sources/boot_command_line.hpp"
#include "sources/boot_story.hpp"

namespace integrityd {

namespace {

constexpr std::size_t largest_table = 256U << 10;  // what sources/dm_mapping.hpp reads

void read_log(Opener& opener, MeasuredBoot& boot) {
    boot.log_error.reset();
    auto fd = opener.open(Resource::boot_event_log);
    auto text = fd ? read_whole(*fd, largest_event_log) : Result<std::string>(fd.error());
    if (text)
        boot.log = std::move(*text);
    else
        boot.log_error = text.error();
}

bool read_pcrs(Tpm& tpm, MeasuredBoot& boot) {
    auto banks = tpm.read_pcrs();
    boot.tpm_error = banks ? std::nullopt : std::optional(banks.error());
    if (banks) boot.pcrs = pcr_values(*banks);
    return banks.ok();
}

}  // namespace

PcrValuesByBank pcr_values(const std::vector<PcrBank>& banks) {
    PcrValuesByBank out;
    for (const PcrBank& bank : banks) {
        auto& values = out[static_cast<HashAlgorithm>(bank.algorithm)];
        for (const auto& [pcr, value] : bank.values)
            values[pcr] = TcgDigest(value);
    }
    return out;
}

const TcgDigest* find_pcr(const PcrValuesByBank& values, HashAlgorithm bank, std::uint32_t pcr) {
    const auto found = values.find(bank);
    if (found == values.end()) return nullptr;
    const auto value = found->second.find(pcr);
    return value == found->second.end() ? nullptr : &value->second;
}

bool firmware_replays(const Replay& replay, const PcrValuesByBank& pcrs) {
    for (const ReplayedBank& bank : replay.banks) {
        for (std::uint32_t pcr = 0; pcr < firmware_pcrs; ++pcr) {
            const TcgDigest* const value = find_pcr(pcrs, bank.algorithm, pcr);
            if (value != nullptr && !(bank.value(pcr) == *value)) return false;
        }
    }
    return true;
}

// The log is of the boot, and its PCRs do not move after it: one that does between the two readings is read again.
MeasuredBoot read_measured_boot(Tpm& tpm, Opener& opener) {
    MeasuredBoot boot;
    if (!read_pcrs(tpm, boot)) {
        read_log(opener, boot);
        return boot;
    }
    read_log(opener, boot);
    const PcrValuesByBank before = boot.pcrs;
    if (!read_pcrs(tpm, boot) || boot.log_error) return boot;
    const bool agrees = before == boot.pcrs && firmware_replays(replay_event_log(parse_event_log(boot.log)), boot.pcrs);
    if (agrees) return boot;
    read_log(opener, boot);
    (void)read_pcrs(tpm, boot);
    return boot;
}

// No device-mapper, and a root that is none of its devices, are answers.
RootDevice read_root_device(Opener& opener) {
    RootDevice root;
    const auto fd = opener.root_table();
    if (!fd && (fd.error().code == ENXIO || fd.error().code == ENOENT || fd.error().code == ENODEV)) {
        root.known = true;
        return root;
    }
    const auto text = fd ? read_whole(*fd, largest_table) : Result<std::string>(fd.error());
    const auto table = text ? parse_dm_table(*text) : Result<DmTable>(text.error());
    root.known = table.ok();
    if (table)
        root.verity = as_verity(*table);
    else
        root.problem = table.error().message;
    return root;
}

BootSurroundings read_surroundings(const std::string& efivars, const std::string& root) {
    BootSurroundings out;
    out.has_efi = access((root + efivars).c_str(), X_OK) == 0;
    out.variables = read_efi_variables(root + efivars);
    const auto command_line = read_file(root + "/proc/cmdline", longest_command_line + 1);
    out.command_line = command_line ? *command_line : "";
    while (out.command_line.ends_with('\n'))
        out.command_line.pop_back();
    auto mounts = read_mount_table(root);
    out.mounts_known = mounts.ok();
    if (mounts) out.mounts = std::move(*mounts);
    return out;
}

}  // namespace integrityd
