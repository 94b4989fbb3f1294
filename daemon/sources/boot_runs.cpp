#include "sources/boot_runs.hpp"

#include <algorithm>

#include "sources/event_types.hpp"

namespace integrityd {

namespace {

bool is_compared(const BootEvent& event) {
    const bool policy = event.type == event_type::variable_driver_config && event.component == component_of_pcr(7);
    return is_judged_pcr(event.pcr) && event.component != "separator" && event.component != "boot attempt" && !policy;
}

// The run that the event goes on with; unordered ones are gathered wherever their events stand.
BootRun* run_for(std::vector<BootRun>& runs, const BootEvent& event) {
    for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
        if (run->pcr != event.pcr) continue;
        if (run->component == event.component) return &*run;
        if (!is_unordered(event.component)) return nullptr;
    }
    return nullptr;
}

}  // namespace

std::vector<BootRun> boot_runs(const BootStory& story) {
    std::vector<BootRun> runs;
    for (const BootEvent& event : story.events) {
        if (!is_compared(event)) continue;
        BootRun* run = run_for(runs, event);
        if (run == nullptr) run = &runs.emplace_back(BootRun{event.component, event.pcr, {}});
        run->events.push_back({event_type::name(event.type), event.digest, event.number});
    }
    std::ranges::stable_sort(runs, {}, &BootRun::pcr);
    return runs;
}

bool is_unordered(std::string_view component) {
    return component == "authorities" || component == "firmware modes";
}

bool is_image(std::string_view component) {
    return component.starts_with("loader") || component.starts_with("kernel i");
}

std::string component_in_pcr(std::string_view component, std::uint32_t pcr) {
    return std::string(component) + " in PCR " + std::to_string(pcr);
}

}  // namespace integrityd
