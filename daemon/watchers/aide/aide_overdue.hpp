// AideOverdue: whether a check has finished recently enough.
#pragma once

#include <functional>
#include <memory>

#include "core/clock.hpp"
#include "core/event_loop.hpp"
#include "core/values.hpp"

namespace integrityd {

// Age counts by the wall clock from the end that the report states (it goes on while the device is
// off), and by the loop's time from when it was read (the wall clock may have been turned back).
class AideOverdue {
public:
    // `tell` is called whenever it is looked at, with the end of the last check (0: none).
    using Tell = std::function<void(bool overdue, WallTime last_end)>;
    AideOverdue(EventLoop& loop, const Clock& clock, Duration max_age, Tell tell);

    // A check finished; `end` by the wall clock.
    void finished(WallTime end);
    void evaluate();
    [[nodiscard]] WallTime last_end() const { return last_end_; }

private:
    [[nodiscard]] Duration age() const;

    EventLoop& loop_;
    const Clock& clock_;
    Duration max_age_;  // 0: never overdue
    Tell tell_;
    Monotonic since_;
    WallTime last_end_ = 0;
    std::unique_ptr<Timer> timer_;
};

// The look at aide.check.overdue.
[[nodiscard]] Look overdue_look(std::string_view subject, Duration max_age, bool overdue, WallTime last_end);

}  // namespace integrityd
