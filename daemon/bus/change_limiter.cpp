#include "bus/change_limiter.hpp"

namespace integrityd {

ChangeLimiter::ChangeLimiter(EventLoop& loop, Duration interval, std::function<void()> tell)
    : interval_(interval), tell_(std::move(tell)), timer_(loop.add_timer([this] { interval_over(); })) {}

void ChangeLimiter::changed() {
    if (timer_->running()) {
        pending_ = true;
        return;
    }
    timer_->start(interval_);
    tell_();
}

void ChangeLimiter::interval_over() {
    if (!pending_) return;
    pending_ = false;
    timer_->start(interval_);
    tell_();
}

}  // namespace integrityd
