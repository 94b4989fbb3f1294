#include "bus/bus_pump.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <system_error>

#include <sdbus-c++/IConnection.h>

namespace integrityd {

namespace {

// poll() and epoll number these alike; sd-bus speaks poll, the loop epoll.
static_assert(POLLIN == EPOLLIN && POLLOUT == EPOLLOUT);

// Messages handled before others have their turn ...
constexpr int most_per_dispatch = 64;
// ... and the time after which they have it in any case: a page of events costs some milliseconds by itself.
constexpr std::chrono::milliseconds longest_dispatch{5};
// Answers made while the bus has not taken those before: with 1 MiB each at worst they bound what waits in memory, and
// leave room for some clients who ask for much at the same time.
constexpr int most_waiting_answers = 8;
// While messages wait for the bus, sd-bus is asked no more often whether one of its own timeouts has passed.
constexpr Duration congested_pause = std::chrono::milliseconds(100);

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

bool BusPump::has_room() {
    waiting_answers_ = congested() ? waiting_answers_ + 1 : 0;
    return waiting_answers_ <= most_waiting_answers;
}

// No request is read while answers wait: those who do not read theirs are made to wait by the bus, not by our memory.
void BusPump::prepare() {
    try {
        const auto poll = connection_.getEventLoopPollData();
        const bool full = (poll.events & POLLOUT) != 0;
        io_->set_events(full ? std::uint32_t{EPOLLOUT} : static_cast<std::uint32_t>(poll.events));
        if (poll.timeout_usec == UINT64_MAX) {
            timer_->stop();
        } else {
            const Duration until = poll.getAbsoluteTimeout() - loop_.now();
            timer_->start(std::max(until, full ? congested_pause : Duration::zero()));
        }
    } catch (const std::exception& error) {
        failure_ = error.what();
        timer_->start(Duration::zero());
    }
}

void BusPump::dispatch() {
    const auto until = std::chrono::steady_clock::now() + longest_dispatch;
    try {
        for (int handled = 0; failure_.empty() && handled < most_per_dispatch; ++handled) {
            if (!connection_.processPendingRequest() || congested()) return;
            if (std::chrono::steady_clock::now() >= until) return;
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
