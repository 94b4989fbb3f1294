// The judgement of one look: what was read, what it means, what of it was not accepted.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sources/boot_structure.hpp"
#include "watchers/boot/boot_compare.hpp"
#include "watchers/boot/boot_facts.hpp"
#include "watchers/boot/boot_pcrs.hpp"

namespace integrityd {

// A boot as it was read and understood. Its events point into its own bytes.
struct BootView {
    MeasuredBoot measured;
    BootSurroundings surroundings;
    EventLog log;
    Replay replay;
    BootStory story;
    std::vector<StructureFinding> structure;
    std::vector<BootRun> runs;

    // `bank`: that of the accepted baseline; 0: the strongest of log and TPM.
    BootView(MeasuredBoot boot, BootSurroundings around, HashAlgorithm bank);
    BootView(const BootView&) = delete;
    BootView& operator=(const BootView&) = delete;

    // The log and the TPM could be read: all else can be judged.
    [[nodiscard]] bool readable() const { return !measured.log_error && !measured.tpm_error; }
    // Why the boot cannot be judged; empty: it can.
    [[nodiscard]] std::string problem() const;
};

// How findings name a component: "pcr4 kernel image".
[[nodiscard]] std::string component_subject(std::string_view component, std::uint32_t pcr);

// The file that has this digest ("/boot/linux.efi"); empty: none that is known.
using FileNamer = std::function<std::string(const std::string& digest)>;

// Kinds of conditions that a look at the log is about: without an accepted baseline those that need none; of a log that
// is not whole those that it shows.
[[nodiscard]] std::vector<const Kind*> log_kinds(const BootView& view, bool accepted);

[[nodiscard]] std::vector<Observation> judge_log(const BootView& view, const std::vector<PcrState>& pcrs,
                                                 const BootAccepted* accepted, const FileNamer& name_file);

// What is there, as a baseline would hold it: `before` keeps the alternatives of components that it has.
[[nodiscard]] BootAccepted accept_view(const BootView& view, const std::vector<PcrState>& pcrs,
                                       const BootAccepted* before);

}  // namespace integrityd
