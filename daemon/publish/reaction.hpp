// Reaction: whether the machine is to fall back to a safe state (CR 3.6), decided by [reaction].
#pragma once

#include <cstdint>
#include <map>

#include "core/config.hpp"
#include "state/ledger.hpp"

namespace integrityd {

// What is to become of the latched flags; `keep`: nothing.
enum class Flag : std::uint8_t { keep, violated, restored };

class Reaction {
public:
    void configure(ReactionConfig config) { config_ = std::move(config); }

    // The flag `violated` stands from the run before, and the store still knows what for: what was resolved meanwhile
    // restores.
    void resume(bool violated) { held_ = violated; }

    // `violated`: a violation that matters is present. `restored`: there was one since this process
    // began to look, and now none is present, and with restore = "acknowledged" none has returned
    // without having been acknowledged. A process that never saw one does not say `restored`: after
    // the loss of the store nobody knows what the flag was set for.
    [[nodiscard]] Flag decide(const std::map<std::uint64_t, LedgerEntry>& entries);
    // It keeps `restored` from being said: whoever forgot it for want of room would call the machine back.
    [[nodiscard]] bool waits_for(const Violation& violation) const;

private:
    [[nodiscard]] bool matters(const Violation& violation) const;

    ReactionConfig config_;
    bool held_ = false;
};

}  // namespace integrityd
