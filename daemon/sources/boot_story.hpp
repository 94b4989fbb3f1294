// The event log as what happened: which component an event belongs to, in words, and what it stands on.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sources/efi_variable.hpp"
#include "sources/event_backing.hpp"
#include "sources/event_log.hpp"

namespace integrityd {

struct BootEvent {
    std::size_t number = 0;  // in the log
    std::uint32_t pcr = 0;
    std::uint32_t type = 0;
    std::string component;
    std::string text;  // escaped; from data that is not backed it is a claim
    Backing backing = Backing::opaque;
    std::string digest;  // hex, in the story's bank
};

// A key variable as it was measured.
struct MeasuredKeys {
    std::string name;  // "PK" …
    std::size_t event = 0;
    bool whole = true;
    std::vector<std::string> keys;       // EfiSignature::key(), sorted, each once
    std::vector<std::string> test_keys;  // subjects of keys that nobody may rely on
};

struct MeasuredSecureBoot {
    std::optional<bool> enabled;  // none: not measured, or not backed by its data
    std::vector<MeasuredKeys> variables;

    [[nodiscard]] const MeasuredKeys* find(std::string_view name) const;
};

struct BootStory {
    HashAlgorithm bank = 0;
    std::vector<BootEvent> events;
    MeasuredSecureBoot secure_boot;
};

// In this bank; an empty story where the log lacks it.
[[nodiscard]] BootStory read_boot_story(const EventLog& log, HashAlgorithm bank);

// The strongest bank that the log has and that can be computed here; 0: none.
[[nodiscard]] HashAlgorithm best_bank(const std::vector<HashAlgorithm>& banks);

// The set of a signature database, and the subjects of test keys in it.
[[nodiscard]] MeasuredKeys read_keys(std::string name, std::string_view value);

// What Linux's stub measures into PCR 9 of what it was given.
inline constexpr std::string_view initrd_component = "initrd and command line";

// Variables of the Secure Boot policy, in the order in which they are measured.
inline constexpr std::array<std::string_view, 5> policy_variables = {"SecureBoot", "PK", "KEK", "db", "dbx"};

// The first eight are the firmware's: each has a separator.
inline constexpr std::uint32_t firmware_pcrs = 8;

// PCRs whose events a baseline decides about. The others hold what differs from boot to boot or from device to device
// (boot order, partition tables, settings), and are recorded.
[[nodiscard]] bool is_judged_pcr(std::uint32_t pcr);

// What a PCR's events are about, where nothing closer is known.
[[nodiscard]] std::string component_of_pcr(std::uint32_t pcr);

}  // namespace integrityd
