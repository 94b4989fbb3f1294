// AgeClock: the time by which events are too old to keep, if there is a clock that can tell.
//
// What is pruned by age is gone for good, and a clock is easily wrong: a battery that fails, a forged answer of a time
// server. So age counts only while the clock is synchronised, and not soon after it went far ahead. Size bounds the
// store meanwhile, as it does for good on a device that is never synchronised.
#pragma once

#include <cstdint>
#include <optional>

#include "core/clock.hpp"

namespace integrityd {

class AgeClock {
public:
    // `last_sign`: the latest time at which integrityd is known to have run before; 0: never. `doubted`: that run ended
    // before its doubt did, so that its last sign proves nothing.
    AgeClock(const Clock& clock, WallTime last_sign, bool doubted);

    // The clock was set by this many µs (forward is positive).
    void stepped(std::int64_t by);

    // It went far ahead, and not enough time has passed since for somebody to set it right.
    [[nodiscard]] bool doubts() const;
    // 0: no clock can tell.
    [[nodiscard]] WallTime now() const;

private:
    void went_ahead(std::int64_t by);
    void begin_doubt();

    const Clock& clock_;
    std::int64_t ahead_ = 0;                           // µs, never below 0: by all steps since the last doubt
    std::optional<std::uint64_t> doubtful_from_ = {};  // µs, CLOCK_BOOTTIME
};

}  // namespace integrityd
