// What the specification (TCG PC Client Platform Firmware Profile 1.06, sections 3.3 and 10) asks of a boot's events,
// whatever they measured: one separator for each of PCR 0 to 7, types where they belong, the order of the Secure Boot
// policy, nothing twice, and data that are what was measured.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sources/boot_story.hpp"

namespace integrityd {

struct StructureFinding {
    std::uint32_t pcr = 0;
    std::size_t event = 0;  // its number; of what is missing: none, 0
    std::string text;       // the same at each boot that has it: it can be accepted for firmware that never does better
};

[[nodiscard]] std::vector<StructureFinding> check_boot_structure(const EventLog& log, const BootStory& story);

}  // namespace integrityd
