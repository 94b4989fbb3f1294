#include "clock_watch.hpp"

#include <cerrno>
#include <limits>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <system_error>

namespace integrityd {

namespace {

// Smaller steps are what time synchronisation does at start on a device without a clock chip that
// keeps good time; a slewed clock gives none at all.
constexpr std::int64_t smallest_step = 1'000'000;

}  // namespace

ClockWatch::ClockWatch(EventLoop& loop, const Clock& clock, std::function<void(std::int64_t)> stepped)
    : clock_(clock), stepped_(std::move(stepped)), timer_(timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)) {
    if (!timer_) throw std::system_error(errno, std::generic_category(), "timerfd_create");
    remember();
    arm();
    source_ = loop.add_io(timer_.get(), EPOLLIN, [this](std::uint32_t) {
        std::uint64_t ignored = 0;
        (void)!read(timer_.get(), &ignored, sizeof ignored);  // ECANCELED: that is what it is for
        const std::int64_t before = offset_;
        remember();
        arm();
        const std::int64_t by = offset_ - before;
        if (by >= smallest_step || by <= -smallest_step) stepped_(by);
    });
}

// Never fires by itself; the kernel cancels it when the clock is set (timerfd_create(2)).
void ClockWatch::arm() {
    itimerspec never{};
    never.it_value.tv_sec = std::numeric_limits<time_t>::max();
    (void)timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr);
}

void ClockWatch::remember() {
    offset_ = static_cast<std::int64_t>(clock_.wall()) - static_cast<std::int64_t>(clock_.boottime());
}

}  // namespace integrityd
