// Backoff: how long to wait before the next try. At once, then `first`, doubling up to `longest`.
#pragma once

#include <algorithm>

#include "core/event_loop.hpp"

namespace integrityd {

class Backoff {
public:
    Backoff(Duration first, Duration longest) : first_(first), longest_(longest) {}

    [[nodiscard]] Duration next() {
        const Duration delay = delay_;
        delay_ = delay_ == Duration::zero() ? first_ : std::min(delay_ * 2, longest_);
        return delay;
    }
    // It worked: the next failure is answered at once.
    void reset() { delay_ = Duration::zero(); }

private:
    Duration first_;
    Duration longest_;
    Duration delay_ = Duration::zero();
};

}  // namespace integrityd
