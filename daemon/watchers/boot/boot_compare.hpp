// A boot against what was accepted: a small state machine over the runs of each PCR, in their order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "watchers/boot/boot_accepted.hpp"

namespace integrityd {

struct BootDifference {
    enum class Kind : std::uint8_t { unexpected, missing };
    Kind kind = Kind::unexpected;
    std::string component;
    std::uint32_t pcr = 0;
    std::vector<RunEvent> events;  // that are not accepted; of what is missing: those that were accepted
    std::size_t accepted = 0;      // runs that the component has; 0: it is no accepted component
};

[[nodiscard]] std::vector<BootDifference> compare_boot(const std::vector<BootRun>& runs, const BootAccepted& accepted);

// Whether the events of this run are accepted as they stand.
[[nodiscard]] bool is_accepted(const BootRun& run, const BootAccepted& accepted);

}  // namespace integrityd
