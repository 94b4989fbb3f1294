#include "watchers/tls/tls_reach.hpp"

#include <algorithm>

namespace integrityd {

namespace {

constexpr Duration first_wait = std::chrono::seconds(30);
// A round takes along what is due so soon.
constexpr Duration early = std::chrono::seconds(1);
constexpr unsigned most_doublings = 10;  // 30 s become 8 hours

}  // namespace

void TlsReach::succeeded() {
    *this = TlsReach();
}

void TlsReach::failed(Monotonic now, TlsOutcome outcome, std::string reason) {
    outcome_ = outcome;
    reason_ = std::move(reason);
    tried_ = now;
    // Who asks for a check three times in a row has not seen three failures.
    if (failures_ > 0 && now - last_ < wait() - early) return;
    last_ = now;
    ++failures_;
}

Duration TlsReach::wait() const {
    return first_wait * (1U << std::min(failures_ - 1, most_doublings));
}

Monotonic TlsReach::again(Duration interval) const {
    return tried_ + (failures_ == 0 ? interval : std::min(wait(), interval));
}

}  // namespace integrityd
