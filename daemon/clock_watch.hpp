// ClockWatch: notices that the wall clock was set, without polling it.
#pragma once

#include <functional>
#include <memory>

#include "core/clock.hpp"
#include "core/event_loop.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

class ClockWatch {
public:
    // `stepped`: the clock was set by this many µs (forward is positive). Throws std::system_error.
    ClockWatch(EventLoop& loop, const Clock& clock, std::function<void(std::int64_t)> stepped);

private:
    void arm();
    void remember();

    const Clock& clock_;
    std::function<void(std::int64_t)> stepped_;
    std::int64_t offset_ = 0;  // wall minus boot time, µs
    UniqueFd timer_;
    std::unique_ptr<IoSource> source_;
};

}  // namespace integrityd
