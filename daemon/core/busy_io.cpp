#include "core/busy_io.hpp"

#include <sys/epoll.h>
#include <utility>

namespace integrityd {

namespace {

// Short against the 10 ms that a record may take to a subscriber, and against what the kernel's queue of the audit feed
// holds: at 1,000 programs a second some 30 records of its about 400.
constexpr Duration rest = std::chrono::milliseconds(3);
// So that two that rest, the audit log and the kernel's feed, are woken together.
constexpr Duration accuracy = std::chrono::milliseconds(1);
// A reading so soon after the last one belongs to the same flow ...
constexpr Duration gap = std::chrono::milliseconds(5);
// ... which is one after so many.
constexpr unsigned flow = 16;

}  // namespace

BusyIo::BusyIo(EventLoop& loop, std::function<Reading()> read)
    : loop_(loop),
      read_(std::make_shared<std::function<Reading()>>(std::move(read))),
      rest_(loop.add_timer([this] { this->read(true); }, accuracy)) {}

void BusyIo::watch(int fd) {
    in_a_row_ = 0;
    source_ = loop_.add_io(fd, EPOLLIN, [this](std::uint32_t) { read(false); });
}

void BusyIo::forget() {
    rest_->stop();
    source_.reset();
}

void BusyIo::read(bool rested) {
    const auto call = read_;
    const Reading reading = (*call)();
    const bool alive = call.use_count() > 1;
    if (alive && source_) take(reading, rested);
}

void BusyIo::take(Reading reading, bool rested) {
    const bool goes_on = reading == Reading::all && is_flow(rested);
    if (reading == Reading::nothing) in_a_row_ = 0;
    if (goes_on) rest_->start(rest);
    if (goes_on != rested) source_->set_events(goes_on ? 0U : std::uint32_t{EPOLLIN});
}

bool BusyIo::is_flow(bool rested) {
    const Monotonic now = loop_.now();
    const bool soon = last_ && now - *last_ < gap;
    last_ = now;
    // A rest that took longer is no silence: something was there at its end.
    in_a_row_ = soon || rested ? in_a_row_ + 1 : 0;
    return in_a_row_ >= flow;
}

}  // namespace integrityd
