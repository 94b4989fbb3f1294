// SdEventLoop: the EventLoop of the daemon, on sd-event.
#pragma once

#include "core/event_loop.hpp"

struct sd_event;

namespace integrityd {

class SdEventLoop final : public EventLoop {
public:
    // Throws std::system_error when the kernel gives no epoll descriptor: cannot start.
    SdEventLoop();
    ~SdEventLoop() override;
    SdEventLoop(const SdEventLoop&) = delete;
    SdEventLoop& operator=(const SdEventLoop&) = delete;

    [[nodiscard]] Monotonic now() const override;
    [[nodiscard]] std::unique_ptr<IoSource> add_io(int fd, std::uint32_t events,
                                                   std::function<void(std::uint32_t)> handler) override;
    [[nodiscard]] std::unique_ptr<Timer> add_timer(std::function<void()> handler, Duration accuracy) override;
    [[nodiscard]] std::unique_ptr<Source> add_signal(int signal, std::function<void()> handler) override;
    [[nodiscard]] std::unique_ptr<Source> add_child(pid_t pid, std::function<void(int)> handler) override;
    void post(std::function<void()> job) override;
    int run() override;
    void exit(int code) override;

    // Runs for one round of dispatching, waiting `timeout` at most: for tests and benches.
    void run_once(Duration timeout);

    // Feeds systemd's watchdog ($WATCHDOG_USEC) from the loop; nothing happens where there is none.
    void enable_watchdog();

private:
    class Posted;
    sd_event* event_ = nullptr;
    std::unique_ptr<Posted> posted_;
};

}  // namespace integrityd
