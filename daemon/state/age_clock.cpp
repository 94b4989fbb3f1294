#include "state/age_clock.hpp"

#include <algorithm>

namespace integrityd {

namespace {

// More than summer time, time zones taken for UTC, or a clock chip that drifted for a year.
constexpr std::int64_t far_ahead = 86'400'000'000;  // a day, µs
// Time for somebody to hear of it (self.clock.stepped) and to set it right; little against what is kept for months.
constexpr std::uint64_t doubt = 6 * 3'600'000'000ULL;  // µs

}  // namespace

AgeClock::AgeClock(const Clock& clock, WallTime last_sign, bool doubted) : clock_(clock) {
    if (doubted)
        begin_doubt();
    else if (last_sign != 0)
        went_ahead(static_cast<std::int64_t>(clock.wall()) - static_cast<std::int64_t>(last_sign));
}

void AgeClock::stepped(std::int64_t by) {
    went_ahead(by);
}

// Many small steps are as far as a large one. What was put right counts against what was said before, never against
// what may be said next: else a lie that was found out would pay for the second one.
void AgeClock::went_ahead(std::int64_t by) {
    ahead_ = std::max<std::int64_t>(0, ahead_ + by);
    if (ahead_ > far_ahead) begin_doubt();
}

void AgeClock::begin_doubt() {
    ahead_ = 0;
    doubtful_from_ = clock_.boottime();
}

bool AgeClock::doubts() const {
    return doubtful_from_ && clock_.boottime() - *doubtful_from_ < doubt;
}

WallTime AgeClock::now() const {
    return clock_.state() == ClockState::synchronised && !doubts() ? clock_.wall() : 0;
}

}  // namespace integrityd
