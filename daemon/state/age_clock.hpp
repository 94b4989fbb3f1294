// AgeClock: the time by which events are too old to keep, if there is a clock that can tell.
//
// What is pruned by age is gone for good, and a clock is easily wrong: a battery that fails, a forged answer of a time
// server. So age counts only while the clock is synchronised, and not soon after it went far ahead. Size bounds the
// store meanwhile, as it does for good on a device that is never synchronised.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/clock.hpp"

namespace integrityd {

class AgeClock {
public:
    // `last_sign`: the latest time at which integrityd is known to have run before; 0: never. `kept`: the rest of that
    // run's doubt, which goes on in this one: the last sign of such a run proves nothing.
    AgeClock(const Clock& clock, WallTime last_sign, const std::optional<std::string>& kept);

    // The clock was set by this many µs (forward is positive).
    void stepped(std::int64_t by);

    // It went far ahead, and not enough time has passed since for somebody to set it right.
    [[nodiscard]] bool doubts() const { return doubt_left() > 0; }
    // 0: no clock can tell.
    [[nodiscard]] WallTime now() const;

    // What the next run needs to know instead of `kept`; none: that is good enough. While a doubt lasts it is seldom
    // said anew, since that costs a write, but `exactly` at the end of a run: short runs shall leave it too.
    [[nodiscard]] std::optional<std::string> to_keep(const std::optional<std::string>& kept,
                                                     bool exactly = false) const;

private:
    [[nodiscard]] std::uint64_t doubt_left() const;
    void went_ahead(std::int64_t by);
    void begin_doubt(std::uint64_t length);

    const Clock& clock_;
    // µs, by all steps since the last doubt; below 0 only until a clock is set that was not when the run began.
    std::int64_t ahead_ = 0;
    std::uint64_t doubtful_until_ = 0;  // µs, CLOCK_BOOTTIME
};

}  // namespace integrityd
