// A boot's judged events in runs: what belongs to one component of one PCR, in its order. That is what a baseline
// accepts, one run out of several for each component.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sources/boot_story.hpp"

namespace integrityd {

struct RunEvent {
    std::string type;  // "EV_POST_CODE"; empty: any, where a baseline does not say
    std::string digest;
    std::size_t number = 0;  // in the log

    // As a baseline sees it.
    [[nodiscard]] bool same(const RunEvent& other) const {
        return digest == other.digest && (type == other.type || type.empty() || other.type.empty());
    }
};

struct BootRun {
    std::string component;
    std::uint32_t pcr = 0;
    std::vector<RunEvent> events;
};

// Runs of the judged PCRs. Left out are the firmware's separators, which are held against the specification, attempts
// to boot, which have no content, and the Secure Boot policy, which is judged as sets of keys.
[[nodiscard]] std::vector<BootRun> boot_runs(const BootStory& story);

// Components whose events have no order: which key authorises first depends on what is loaded first.
[[nodiscard]] bool is_unordered(std::string_view component);
// Images of which a device has several that are good: two slots and the update in preparation.
[[nodiscard]] bool is_image(std::string_view component);

// "kernel image in PCR 4"
[[nodiscard]] std::string component_in_pcr(std::string_view component, std::uint32_t pcr);

}  // namespace integrityd
