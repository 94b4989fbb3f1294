#include "state/age_clock.hpp"

#include <algorithm>
#include <charconv>

namespace integrityd {

namespace {

// More than summer time, time zones taken for UTC, or a clock chip that drifted for a year.
constexpr std::int64_t far_ahead = 86'400'000'000;  // a day, µs
constexpr std::uint64_t second = 1'000'000;         // µs
// Time for somebody to hear of it (self.clock.stepped) and to set it right; little against what is kept for months.
constexpr std::uint64_t doubt = 6 * 3'600 * second;
// What a run that is cut off may lose of the time that it doubted; 36 small writes in a doubt.
constexpr std::uint64_t grain = 600 * second;

// What is not as we write it is a whole doubt: believing is what costs something.
std::uint64_t rest_of(const std::optional<std::string>& kept) {
    if (!kept) return 0;
    std::uint64_t seconds = 0;
    const auto [end, fault] = std::from_chars(kept->data(), kept->data() + kept->size(), seconds);
    if (fault != std::errc() || end != kept->data() + kept->size()) return doubt;
    return std::min(seconds, doubt / second) * second;
}

}  // namespace

// A device without a clock chip begins each run years behind the one before; what its clock is set ahead then is what
// it lagged, and only the rest is news.
AgeClock::AgeClock(const Clock& clock, WallTime last_sign, const std::optional<std::string>& kept) : clock_(clock) {
    begin_doubt(rest_of(kept));
    if (last_sign == 0) return;
    const auto since = static_cast<std::int64_t>(clock.wall()) - static_cast<std::int64_t>(last_sign);
    if (clock.state() == ClockState::unset && since < 0)
        ahead_ = since;
    else
        went_ahead(since);
}

void AgeClock::stepped(std::int64_t by) {
    went_ahead(by);
}

// Many small steps are as far as a large one. What was put right counts against what was said before, never against
// what may be said next: else a lie that was found out would pay for the second one. So does a lag that is made up for.
void AgeClock::went_ahead(std::int64_t by) {
    const std::int64_t least = clock_.state() == ClockState::unset ? std::min<std::int64_t>(0, ahead_) : 0;
    ahead_ = std::max(least, ahead_ + by);
    if (ahead_ > far_ahead) begin_doubt(doubt);
}

void AgeClock::begin_doubt(std::uint64_t length) {
    ahead_ = 0;
    doubtful_until_ = clock_.boottime() + length;
}

std::uint64_t AgeClock::doubt_left() const {
    const std::uint64_t now = clock_.boottime();
    return doubtful_until_ > now ? doubtful_until_ - now : 0;
}

WallTime AgeClock::now() const {
    return clock_.state() == ClockState::synchronised && !doubts() ? clock_.wall() : 0;
}

std::optional<std::string> AgeClock::to_keep(const std::optional<std::string>& kept, bool exactly) const {
    const std::uint64_t left = doubt_left();
    const std::uint64_t known = rest_of(kept);
    const std::uint64_t lag = left > 0 && !exactly ? grain : second;
    if (left <= known && known - left < lag) return std::nullopt;
    return std::to_string((left + second - 1) / second);
}

}  // namespace integrityd
