#include "publish/reaction.hpp"

#include <algorithm>

namespace integrityd {

bool Reaction::matters(const Violation& violation) const {
    const auto& sources = config_.sources;
    return violation.severity >= config_.min_severity && std::ranges::find(sources, violation.source) != sources.end();
}

bool Reaction::waits_for(const Violation& violation) const {
    const bool returned = violation.state == ViolationState::returned;
    return matters(violation) && (violation.present() || (returned && !config_.restore_when_returned));
}

Flag Reaction::decide(const std::map<std::uint64_t, LedgerEntry>& entries) {
    bool present = false;
    bool waiting = false;
    for (const auto& [id, entry] : entries) {
        if (!waits_for(entry.violation)) continue;
        present |= entry.violation.present();
        waiting = true;
    }
    if (waiting) {
        held_ = true;
        return present ? Flag::violated : Flag::keep;
    }
    return held_ ? Flag::restored : Flag::keep;
}

}  // namespace integrityd
