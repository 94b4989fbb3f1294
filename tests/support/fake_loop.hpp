// FakeLoop: an EventLoop whose time the test moves.
//
// Nothing happens by itself: advance() fires timers in order, run_posted() runs posted jobs,
// ready(fd, events) acts as if the descriptor had become ready, child_ended() as if a child had.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "core/event_loop.hpp"

namespace integrityd::test {

class FakeLoop final : public EventLoop {
public:
    [[nodiscard]] Monotonic now() const override { return now_; }

    std::unique_ptr<IoSource> add_io(int fd, std::uint32_t events,
                                     std::function<void(std::uint32_t)> handler) override {
        return std::make_unique<FakeIo>(*this, fd, events, std::move(handler));
    }
    std::unique_ptr<Timer> add_timer(std::function<void()> handler, Duration /*accuracy*/ = {}) override {
        return std::make_unique<FakeTimer>(*this, std::move(handler));
    }
    std::unique_ptr<Source> add_signal(int signal, std::function<void()> handler) override {
        return std::make_unique<Registered>(signals_, signal, [handler = std::move(handler)](int) { handler(); });
    }
    std::unique_ptr<Source> add_child(pid_t pid, std::function<void(int)> handler) override {
        return std::make_unique<Registered>(children_, pid, std::move(handler));
    }
    void post(std::function<void()> job) override { posted_.push_back(std::move(job)); }
    int run() override { return exit_code_; }
    void exit(int code) override {
        exit_code_ = code;
        exited_ = true;
    }

    // Moves time, firing what falls due in the order of its time; posted jobs run in between.
    void advance(Duration by) {
        const Monotonic until = now_ + by;
        run_posted();
        for (FakeTimer* next = due(until); next != nullptr; next = due(until)) {
            now_ = std::max(now_, next->when_);
            next->fire();
            run_posted();
        }
        now_ = until;
    }
    void run_posted() {
        while (!posted_.empty()) {
            auto job = std::move(posted_.front());
            posted_.pop_front();
            job();
        }
    }
    // Whether anybody waits for these events of this descriptor; calls the handler if so.
    bool ready(int fd, std::uint32_t events) {
        for (FakeIo* io : std::vector<FakeIo*>(io_)) {
            if (io->fd_ != fd || (io->events_ & events) == 0) continue;
            const auto handler = io->handler_;
            handler(events);
            run_posted();
            return true;
        }
        return false;
    }
    // All descriptors that somebody waits for.
    [[nodiscard]] std::vector<int> waited_for() const {
        std::vector<int> fds;
        for (const FakeIo* io : io_)
            fds.push_back(io->fd_);
        return fds;
    }
    void signal(int signal) { call(signals_, signal, 0); }
    void child_ended(pid_t pid, int wait_status) { call(children_, pid, wait_status); }
    [[nodiscard]] bool exited() const { return exited_; }
    [[nodiscard]] int exit_code() const { return exit_code_; }

private:
    struct FakeIo final : IoSource {
        FakeIo(FakeLoop& loop, int fd, std::uint32_t events, std::function<void(std::uint32_t)> handler)
            : loop_(loop), fd_(fd), events_(events), handler_(std::move(handler)) {
            loop_.io_.push_back(this);
        }
        ~FakeIo() override { std::erase(loop_.io_, this); }
        void set_events(std::uint32_t events) override { events_ = events; }
        void set_prepare(std::function<void()> prepare) override { prepare_ = std::move(prepare); }
        FakeLoop& loop_;
        int fd_;
        std::uint32_t events_;
        std::function<void(std::uint32_t)> handler_;
        std::function<void()> prepare_;
    };
    struct FakeTimer final : Timer {
        FakeTimer(FakeLoop& loop, std::function<void()> handler) : loop_(loop), handler_(std::move(handler)) {
            loop_.timers_.push_back(this);
        }
        ~FakeTimer() override { std::erase(loop_.timers_, this); }
        void start(Duration after) override {
            when_ = loop_.now_ + after;
            running_ = true;
        }
        void stop() override { running_ = false; }
        [[nodiscard]] bool running() const override { return running_; }
        void fire() {
            running_ = false;
            const auto handler = handler_;
            handler();
        }
        FakeLoop& loop_;
        std::function<void()> handler_;
        Monotonic when_{0};
        bool running_ = false;
    };
    using Registry = std::map<int, std::function<void(int)>>;
    struct Registered final : Source {
        Registered(Registry& registry, int key, std::function<void(int)> handler) : registry_(registry), key_(key) {
            registry_[key] = std::move(handler);
        }
        ~Registered() override { registry_.erase(key_); }
        Registry& registry_;
        int key_;
    };

    FakeTimer* due(Monotonic until) {
        FakeTimer* first = nullptr;
        for (FakeTimer* timer : timers_) {
            if (!timer->running_ || timer->when_ > until) continue;
            if (first == nullptr || timer->when_ < first->when_) first = timer;
        }
        return first;
    }
    void call(Registry& registry, int key, int value) {
        const auto found = registry.find(key);
        if (found == registry.end()) return;
        const auto handler = found->second;
        handler(value);
        run_posted();
    }

    Monotonic now_{std::chrono::seconds(1000)};
    std::vector<FakeIo*> io_;
    std::vector<FakeTimer*> timers_;
    std::deque<std::function<void()>> posted_;
    Registry signals_;
    Registry children_;
    int exit_code_ = 0;
    bool exited_ = false;
};

}  // namespace integrityd::test
