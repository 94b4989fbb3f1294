#include "bus/bus_pump.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <system_error>

#include <sdbus-c++/IConnection.h>

namespace integrityd {

namespace {

// poll() and epoll number these alike; sd-bus speaks poll, the loop epoll.
static_assert(POLLIN == EPOLLIN && POLLOUT == EPOLLOUT);

// Messages handled before others have their turn: some milliseconds even of the dearest requests.
constexpr int most_per_dispatch = 64;

UniqueFd duplicate(int fd) {
    UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    if (!copy) throw std::system_error(errno, std::generic_category(), "duplicating the bus descriptor");
    return copy;
}

}  // namespace

BusPump::BusPump(EventLoop& loop, sdbus::IConnection& connection, std::function<void(const std::string&)> lost)
    : loop_(loop),
      connection_(connection),
      lost_(std::move(lost)),
      timer_(loop.add_timer([this] { dispatch(); }, Duration(1))),
      descriptor_(duplicate(connection.getEventLoopPollData().fd)),
      io_(loop.add_io(descriptor_.get(), EPOLLIN, [this](std::uint32_t) { dispatch(); })) {
    io_->set_prepare([this] { prepare(); });
}

BusPump::~BusPump() = default;

bool BusPump::congested() const {
    return (connection_.getEventLoopPollData().events & POLLOUT) != 0;
}

void BusPump::prepare() {
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
        failure_ = error.what();
        timer_->start(Duration::zero());
    }
}

void BusPump::dispatch() {
    try {
        for (int handled = 0; failure_.empty() && handled < most_per_dispatch; ++handled) {
            if (!connection_.processPendingRequest()) return;
        }
    } catch (const std::exception& error) {
        failure_ = error.what();
    }
    if (!failure_.empty()) tell_lost();
}

void BusPump::tell_lost() {
    // Copies: the call destroys the pump.
    const auto lost = lost_;
    const std::string reason = failure_;
    lost(reason);
}

}  // namespace integrityd
