// What was accepted of a boot: components with the runs of events that each may have, the keys of Secure Boot, and
// what this firmware never does better. Never the value of a PCR, which changes with everything that is in it.
//
// {"version": 1, "bank": "sha256",
//  "components": [{"name", "pcr", "accepted": [{"events": [{"type", "digest"}…], "source"}…]}…],
//  "secure_boot": {"enabled", "setup_mode", "keys": {NAME: [key…]}, "test_keys": [subject…]},
//  "deviations": [text…], "unreplayable": {"BANK PCR": reason},
//  "root": {"verity", "hashes": [{"hash", "images"}…]}, "mounts": [mount…]}
//
// Not keyed by image: which image runs is what the digests say, and an image must not choose what it is judged by.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"
#include "sources/boot_runs.hpp"

namespace integrityd {

struct AcceptedRun {
    std::vector<RunEvent> events;
    std::string source;  // where it comes from, for people: "boot", a file's name
};

struct AcceptedComponent {
    std::string name;
    std::uint32_t pcr = 0;
    std::vector<AcceptedRun> runs;  // the newest first
    bool optional = false;          // of an import
};

struct AcceptedSecureBoot {
    std::optional<bool> enabled;
    bool setup_mode = false;
    std::map<std::string, std::vector<std::string>> keys;  // sorted
    std::vector<std::string> test_keys;
};

// The hash that the root had when these images had been booted (images_of() of watchers/boot/boot_root.hpp).
struct AcceptedRootHash {
    std::string hash;
    std::string images;
};

struct AcceptedRoot {
    bool verity = false;
    std::vector<AcceptedRootHash> hashes;  // the newest first
};

// A PCR of one bank ("sha256 0" in documents): firmware may fill one bank well and another not.
using PcrOfBank = std::pair<HashAlgorithm, std::uint32_t>;
[[nodiscard]] std::string pcr_of_bank(const PcrOfBank& pcr);

struct BootAccepted {
    HashAlgorithm bank = 0;
    std::vector<AcceptedComponent> components;
    std::optional<AcceptedSecureBoot> secure_boot;
    std::vector<std::string> deviations;
    std::map<PcrOfBank, std::string> unreplayable;  // with the reason
    std::optional<AcceptedRoot> root;
    std::optional<std::vector<std::string>> mounts;

    [[nodiscard]] bool empty() const { return components.empty(); }
};

// Two slots and the update in preparation: when a boot is accepted, a fourth run of a component retires the oldest.
inline constexpr std::size_t most_runs_of_boots = 3;
// Variants that somebody wrote down; more is no document of ours.
inline constexpr std::size_t most_accepted_runs = 16;

[[nodiscard]] ValueMap to_value(const BootAccepted& accepted);
// Total. An error: it is no such document, of another version, or it accepts nothing, which would be everything.
[[nodiscard]] Result<BootAccepted> read_boot_accepted(const ValueMap& value);

// What an import adds: {"bank", "components"} alone, an alternative for each.
// `optional` ones count only where the baseline has such a component: on other devices nobody measures them.
[[nodiscard]] Result<std::vector<AcceptedComponent>> read_components(const ValueMap& value);

// Puts the runs in front of those that the components have; new components come where the order of their PCR has them
// last. A run that is known is moved to the front; of more than `most` the oldest go.
void add_components(BootAccepted& accepted, const std::vector<AcceptedComponent>& components, std::size_t most);

}  // namespace integrityd
