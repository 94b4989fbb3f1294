// ChangeLimiter: tells of changes at once, but not more often than an interval allows; the last one is always told.
#pragma once

#include <functional>
#include <memory>

#include "core/event_loop.hpp"

namespace integrityd {

class ChangeLimiter {
public:
    ChangeLimiter(EventLoop& loop, Duration interval, std::function<void()> tell);

    // Something changed: tells now, or when the interval since the last telling is over.
    void changed();

private:
    void interval_over();

    Duration interval_;
    std::function<void()> tell_;
    bool pending_ = false;
    std::unique_ptr<Timer> timer_;
};

}  // namespace integrityd
