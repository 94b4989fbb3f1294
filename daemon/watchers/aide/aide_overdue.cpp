#include "watchers/aide/aide_overdue.hpp"

#include <algorithm>

#include "catalogue_kinds.hpp"

namespace integrityd {

namespace {

// Nobody waits for it: the wake-up may be joined with others.
constexpr Duration accuracy = std::chrono::seconds(10);
constexpr Duration just_after = std::chrono::seconds(1);
// A clock that jumps forward is noticed within this time; the loop's timers do not see it.
constexpr Duration longest_wait = std::chrono::hours(1);

}  // namespace

AideOverdue::AideOverdue(EventLoop& loop, const Clock& clock, Duration max_age, Tell tell)
    : loop_(loop),
      clock_(clock),
      max_age_(max_age),
      tell_(std::move(tell)),
      since_(loop.now()),
      timer_(loop.add_timer([this] { evaluate(); }, accuracy)) {}

void AideOverdue::finished(WallTime end) {
    last_end_ = end;
    since_ = loop_.now();
    evaluate();
}

Duration AideOverdue::age() const {
    const Duration read_since = loop_.now() - since_;
    const WallTime now = clock_.wall();
    if (last_end_ == 0 || clock_.state() == ClockState::unset || now < last_end_) return read_since;
    return std::max(read_since, Duration(static_cast<std::int64_t>(now - last_end_)));
}

void AideOverdue::evaluate() {
    if (max_age_ == Duration{0}) return tell_(false, last_end_);
    const Duration passed = age();
    const bool overdue = passed > max_age_;
    if (!overdue) timer_->start(std::min(max_age_ - passed + just_after, longest_wait));
    tell_(overdue, last_end_);
}

Look overdue_look(std::string_view subject, Duration max_age, bool overdue, WallTime last_end) {
    Look look;
    look.scope.source = "aide";
    look.scope.kinds = {&kinds::aide_check_overdue};
    look.scope.subjects = {{std::string(subject)}};
    look.complete = true;
    if (!overdue) return look;
    Observation seen{.kind = &kinds::aide_check_overdue, .subject = std::string(subject)};
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(max_age).count();
    seen.summary = "no AIDE check has finished for longer than " + std::to_string(seconds) + " s";
    seen.evidence["max_age_seconds"] = std::int64_t{seconds};
    seen.context["last_end"] = last_end;
    look.seen.push_back(std::move(seen));
    return look;
}

}  // namespace integrityd
