// EventLoop: what the daemon waits on, behind an interface so that tests inject time.
//
// One thread runs the loop and everything that decides. A source is disarmed when its handle is
// destroyed; a handler may destroy its own source. Handlers must not throw and must not block.
// Implementations: SdEventLoop (event_loop_sd.hpp), FakeLoop (tests/support).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <sys/types.h>

namespace integrityd {

using Duration = std::chrono::microseconds;
// CLOCK_MONOTONIC since boot.
using Monotonic = std::chrono::microseconds;

class IoSource {
public:
    virtual ~IoSource() = default;
    // EPOLLIN, EPOLLOUT …; 0 keeps the source quiet.
    virtual void set_events(std::uint32_t events) = 0;
    // Called before each wait: the place to refresh events and timers of a foreign loop (sd-bus).
    virtual void set_prepare(std::function<void()> prepare) = 0;
};

class Timer {
public:
    virtual ~Timer() = default;
    // Fires once, `after` from now; a set timer is moved.
    virtual void start(Duration after) = 0;
    virtual void stop() = 0;
    [[nodiscard]] virtual bool running() const = 0;
};

class Source {
public:
    virtual ~Source() = default;
};

class EventLoop {
public:
    virtual ~EventLoop() = default;

    [[nodiscard]] virtual Monotonic now() const = 0;

    // `fd` stays the caller's and must outlive the source.
    [[nodiscard]] virtual std::unique_ptr<IoSource> add_io(int fd, std::uint32_t events,
                                                           std::function<void(std::uint32_t)> handler) = 0;
    // A stopped timer. `accuracy` lets wake-ups be joined; pass a small one where latency counts.
    [[nodiscard]] virtual std::unique_ptr<Timer> add_timer(std::function<void()> handler,
                                                           Duration accuracy = std::chrono::milliseconds(1)) = 0;
    // The signal must be blocked in all threads (main() does that).
    [[nodiscard]] virtual std::unique_ptr<Source> add_signal(int signal, std::function<void()> handler) = 0;
    // Tells the wait status of a child once; the child is reaped.
    [[nodiscard]] virtual std::unique_ptr<Source> add_child(pid_t pid,
                                                            std::function<void(int wait_status)> handler) = 0;
    // Runs once, soon, after what is being dispatched now; in the order of the calls.
    virtual void post(std::function<void()> job) = 0;

    // Runs until exit(); returns its code.
    virtual int run() = 0;
    virtual void exit(int code) = 0;
};

}  // namespace integrityd
