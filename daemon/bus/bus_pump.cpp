#include "bus/bus_pump.hpp"

#include <algorithm>
#include <poll.h>
#include <sys/epoll.h>

#include <sdbus-c++/IConnection.h>

namespace integrityd {

namespace {

// poll() and epoll number these alike; sd-bus speaks poll, the loop epoll.
static_assert(POLLIN == EPOLLIN && POLLOUT == EPOLLOUT);

// Messages handled before others have their turn: some milliseconds even of the dearest requests.
constexpr int kMostPerDispatch = 64;

}  // namespace

BusPump::BusPump(EventLoop& loop, sdbus::IConnection& connection, std::function<void(const std::string&)> lost)
    : loop_(loop),
      connection_(connection),
      lost_(std::make_shared<std::function<void(const std::string&)>>(std::move(lost))),
      timer_(loop.add_timer([this] { dispatch(); }, Duration(1))),
      io_(loop.add_io(connection.getEventLoopPollData().fd, EPOLLIN, [this](std::uint32_t) { dispatch(); })) {
    io_->set_prepare([this] { prepare(); });
}

BusPump::~BusPump() = default;

bool BusPump::congested() const {
    return (connection_.getEventLoopPollData().events & POLLOUT) != 0;
}

void BusPump::prepare() {
    if (is_lost_) return;
    try {
        const auto poll = connection_.getEventLoopPollData();
        io_->set_events(static_cast<std::uint32_t>(poll.events));
        if (poll.timeout_usec == UINT64_MAX) {
            timer_->stop();
        } else {
            const Duration until = poll.getAbsoluteTimeout() - loop_.now();
            timer_->start(std::max(until, Duration::zero()));
        }
    } catch (const std::exception& error) {
        report_lost(error.what());
    }
}

void BusPump::dispatch() {
    if (is_lost_) return;
    try {
        for (int handled = 0; handled < kMostPerDispatch; ++handled) {
            if (!connection_.processPendingRequest()) return;
        }
    } catch (const std::exception& error) {
        report_lost(error.what());
    }
}

void BusPump::report_lost(const std::string& reason) {
    is_lost_ = true;
    io_->set_events(0);
    timer_->stop();
    loop_.post([weak = std::weak_ptr(lost_), reason] {
        const auto lost = weak.lock();
        if (lost) (*lost)(reason);
    });
}

}  // namespace integrityd
