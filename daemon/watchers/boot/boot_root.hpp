// What the root file system stands on: dm-verity, and with which hash.
#pragma once

#include <string>
#include <vector>

#include "core/values.hpp"
#include "sources/boot_runs.hpp"
#include "watchers/boot/boot_accepted.hpp"
#include "watchers/boot/boot_facts.hpp"
#include "watchers/boot/boot_pcrs.hpp"

namespace integrityd {

// The hash that the root should have is said by the configuration; else by the command line that was measured; else by
// what was accepted with the images that were booted. An accepted image that nobody saw running (an update) says it
// with its own measurement alone.
struct RootFacts {
    const RootDevice& device;
    const std::vector<std::string>& configured;
    std::string measured;  // empty: the measured command line names none, or none was measured
    std::string images;    // images_of() this boot
    std::string at_boot;   // the hash when it was seen first since this boot; empty: it was not
};

// One word for all images of PCR 4, which decide about the root's hash; empty: there is none.
[[nodiscard]] std::string images_of(const std::vector<BootRun>& runs);

// The running kernel's command line, where the log and the TPM vouch for it; else empty.
[[nodiscard]] std::string measured_command_line(const EventLog& log, HashAlgorithm bank, const std::string& shown,
                                                const std::vector<PcrState>& pcrs);

// Whether anything says what the root has to be.
[[nodiscard]] bool is_root_judged(const RootFacts& facts, const AcceptedRoot* accepted);
// Nothing where the device is not known.
[[nodiscard]] std::vector<Observation> judge_root(const RootFacts& facts, const AcceptedRoot* accepted);

// What there is, with what was accepted of other images `before`. None: it is not known.
[[nodiscard]] std::optional<AcceptedRoot> accept_root(const RootDevice& device, const std::string& images,
                                                      const AcceptedRoot* before);

// For people: "on dm-verity, hash 0123456789abcdef…, that of the measured command line".
[[nodiscard]] std::string describe_root(const RootFacts& facts, const AcceptedRoot* accepted);

}  // namespace integrityd
