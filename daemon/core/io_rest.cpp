#include "core/io_rest.hpp"

#include <sys/epoll.h>

namespace integrityd {

namespace {

// Short against the 10 ms that a record may take to a subscriber, and against what the kernel's queue of the audit feed
// holds: at 1,000 programs a second some 15 records of its about 400.
constexpr Duration rest = std::chrono::milliseconds(3);
// A reading so soon after the last one belongs to the same flow ...
constexpr Duration gap = std::chrono::milliseconds(5);
// ... which is one after so many.
constexpr unsigned flow = 32;

}  // namespace

IoRest::IoRest(EventLoop& loop)
    : loop_(loop), timer_(loop.add_timer([this] {
          if (source_ != nullptr) source_->set_events(EPOLLIN);
          source_ = nullptr;
      })) {}

void IoRest::read_all(IoSource& source) {
    const Monotonic now = loop_.now();
    in_a_row_ = last_ && now - *last_ < gap ? in_a_row_ + 1 : 0;
    last_ = now;
    if (in_a_row_ < flow) return;
    source_ = &source;
    source.set_events(0);
    timer_->start(rest);
}

void IoRest::forget() {
    timer_->stop();
    source_ = nullptr;
}

}  // namespace integrityd
