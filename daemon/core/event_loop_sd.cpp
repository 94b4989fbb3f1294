#include "core/event_loop_sd.hpp"

#include <deque>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <system_error>

#include <systemd/sd-event.h>

namespace integrityd {

namespace {

// A programmer's error or no memory: nothing that a running daemon can handle.
void check(int result, const char* what) {
    if (result < 0) throw std::system_error(-result, std::generic_category(), what);
}

// One sd-event source. The handler is copied before it is called, so that it may destroy its source.
class Holder {
public:
    Holder() = default;
    ~Holder() { sd_event_source_disable_unref(source_); }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    sd_event_source** out() { return &source_; }
    [[nodiscard]] sd_event_source* get() const { return source_; }

private:
    sd_event_source* source_ = nullptr;
};

class SdIoSource final : public IoSource {
public:
    SdIoSource(sd_event* event, int fd, std::uint32_t events, std::function<void(std::uint32_t)> handler)
        : handler_(std::make_shared<std::function<void(std::uint32_t)>>(std::move(handler))) {
        check(sd_event_add_io(event, holder_.out(), fd, events, &SdIoSource::dispatch, this), "sd_event_add_io");
    }
    void set_events(std::uint32_t events) override {
        check(sd_event_source_set_io_events(holder_.get(), events), "sd_event_source_set_io_events");
    }
    void set_prepare(std::function<void()> prepare) override {
        prepare_ = std::move(prepare);
        check(sd_event_source_set_prepare(holder_.get(), &SdIoSource::prepare), "sd_event_source_set_prepare");
    }

private:
    static int dispatch(sd_event_source* /*source*/, int /*fd*/, std::uint32_t events, void* self) {
        const auto handler = static_cast<SdIoSource*>(self)->handler_;
        (*handler)(events);
        return 0;
    }
    static int prepare(sd_event_source* /*source*/, void* self) {
        static_cast<SdIoSource*>(self)->prepare_();
        return 0;
    }

    std::shared_ptr<std::function<void(std::uint32_t)>> handler_;
    std::function<void()> prepare_;
    Holder holder_;
};

class SdTimer final : public Timer {
public:
    SdTimer(sd_event* event, std::function<void()> handler, Duration accuracy)
        : handler_(std::make_shared<std::function<void()>>(std::move(handler))) {
        const auto slack = static_cast<std::uint64_t>(std::max<Duration::rep>(accuracy.count(), 1));
        check(sd_event_add_time(event, holder_.out(), CLOCK_MONOTONIC, UINT64_MAX, slack, &SdTimer::dispatch, this),
              "sd_event_add_time");
        stop();
    }
    void start(Duration after) override {
        const auto delay = static_cast<std::uint64_t>(std::max<Duration::rep>(after.count(), 0));
        check(sd_event_source_set_time_relative(holder_.get(), delay), "sd_event_source_set_time_relative");
        check(sd_event_source_set_enabled(holder_.get(), SD_EVENT_ONESHOT), "sd_event_source_set_enabled");
        running_ = true;
    }
    void stop() override {
        check(sd_event_source_set_enabled(holder_.get(), SD_EVENT_OFF), "sd_event_source_set_enabled");
        running_ = false;
    }
    [[nodiscard]] bool running() const override { return running_; }

private:
    static int dispatch(sd_event_source* /*source*/, std::uint64_t /*when*/, void* self) {
        auto* const timer = static_cast<SdTimer*>(self);
        timer->running_ = false;
        const auto handler = timer->handler_;
        (*handler)();
        return 0;
    }

    std::shared_ptr<std::function<void()>> handler_;
    bool running_ = false;  // asked for with every audit record; sd-event compares process numbers in each call
    Holder holder_;
};

class SdSignal final : public Source {
public:
    SdSignal(sd_event* event, int signal, std::function<void()> handler) : handler_(std::move(handler)) {
        check(sd_event_add_signal(event, holder_.out(), signal, &SdSignal::dispatch, this), "sd_event_add_signal");
    }

private:
    static int dispatch(sd_event_source* /*source*/, const struct signalfd_siginfo* /*info*/, void* self) {
        static_cast<SdSignal*>(self)->handler_();
        return 0;
    }

    std::function<void()> handler_;
    Holder holder_;
};

// The form in which waitpid() tells it, so that WIFEXITED and its kin can be used.
int wait_status(const siginfo_t& info) {
    if (info.si_code == CLD_EXITED) return (info.si_status & 0xff) << 8;
    return info.si_status | (info.si_code == CLD_DUMPED ? 0x80 : 0);
}

class SdChild final : public Source {
public:
    SdChild(sd_event* event, pid_t pid, std::function<void(int)> handler)
        : handler_(std::make_shared<std::function<void(int)>>(std::move(handler))) {
        check(sd_event_add_child(event, holder_.out(), pid, WEXITED, &SdChild::dispatch, this), "sd_event_add_child");
    }

private:
    static int dispatch(sd_event_source* /*source*/, const siginfo_t* info, void* self) {
        const auto handler = static_cast<SdChild*>(self)->handler_;
        (*handler)(wait_status(*info));
        return 0;
    }

    std::shared_ptr<std::function<void(int)>> handler_;
    Holder holder_;
};

}  // namespace

// Jobs that were posted. Runs those that were there when it was dispatched, so that a job that posts
// again does not starve the rest of the loop.
//
// Its turn is after everything that became ready in the same round: what that reported is joined into one batch. But
// sd-event's priorities are strict, and a descriptor that is always ready (a flood of requests, of audit records) would
// put it off for ever: jobs that have waited for `patience` go before everything else, once.
class SdEventLoop::Posted {
public:
    explicit Posted(sd_event* event) : event_(event) {
        check(sd_event_add_defer(event, holder_.out(), &Posted::dispatch, this), "sd_event_add_defer");
        check(sd_event_source_set_enabled(holder_.get(), SD_EVENT_OFF), "sd_event_source_set_enabled");
        check(sd_event_source_set_prepare(holder_.get(), &Posted::prepare), "sd_event_source_set_prepare");
        set_priority(usual);
    }
    void add(std::function<void()> job) {
        if (jobs_.empty()) waiting_since_ = now();
        jobs_.push_back(std::move(job));
        check(sd_event_source_set_enabled(holder_.get(), SD_EVENT_ON), "sd_event_source_set_enabled");
    }

private:
    static constexpr std::int64_t usual = SD_EVENT_PRIORITY_NORMAL + 1;
    static constexpr std::int64_t urgent = SD_EVENT_PRIORITY_NORMAL - 1;
    // Longer than a round of the loop takes, shorter than a person or a subscriber notices.
    static constexpr std::uint64_t patience = 20'000;  // us

    // As of the last wait: costs no system call.
    [[nodiscard]] std::uint64_t now() const {
        std::uint64_t now = 0;
        check(sd_event_now(event_, CLOCK_MONOTONIC, &now), "sd_event_now");
        return now;
    }
    void set_priority(std::int64_t priority) {
        if (priority_ == priority) return;
        priority_ = priority;
        check(sd_event_source_set_priority(holder_.get(), priority), "sd_event_source_set_priority");
    }
    // Called before each wait while jobs are there.
    static int prepare(sd_event_source* /*source*/, void* self) {
        auto* const posted = static_cast<Posted*>(self);
        if (posted->now() - posted->waiting_since_ >= patience) posted->set_priority(urgent);
        return 0;
    }
    static int dispatch(sd_event_source* source, void* self) {
        auto* const posted = static_cast<Posted*>(self);
        auto& jobs = posted->jobs_;
        posted->set_priority(usual);
        for (std::size_t left = jobs.size(); left > 0; --left) {
            const auto job = std::move(jobs.front());
            jobs.pop_front();
            job();
        }
        posted->waiting_since_ = posted->now();
        if (jobs.empty()) check(sd_event_source_set_enabled(source, SD_EVENT_OFF), "sd_event_source_set_enabled");
        return 0;
    }

    sd_event* event_;
    std::deque<std::function<void()>> jobs_;
    std::uint64_t waiting_since_ = 0;  // the oldest of the jobs
    std::int64_t priority_ = SD_EVENT_PRIORITY_NORMAL;
    Holder holder_;
};

SdEventLoop::SdEventLoop() {
    check(sd_event_new(&event_), "sd_event_new");
    posted_ = std::make_unique<Posted>(event_);
}

SdEventLoop::~SdEventLoop() {
    posted_.reset();
    sd_event_unref(event_);
}

Monotonic SdEventLoop::now() const {
    std::uint64_t now = 0;
    check(sd_event_now(event_, CLOCK_MONOTONIC, &now), "sd_event_now");
    return Monotonic(static_cast<Monotonic::rep>(now));
}

std::unique_ptr<IoSource> SdEventLoop::add_io(int fd, std::uint32_t events,
                                              std::function<void(std::uint32_t)> handler) {
    return std::make_unique<SdIoSource>(event_, fd, events, std::move(handler));
}

std::unique_ptr<Timer> SdEventLoop::add_timer(std::function<void()> handler, Duration accuracy) {
    return std::make_unique<SdTimer>(event_, std::move(handler), accuracy);
}

std::unique_ptr<Source> SdEventLoop::add_signal(int signal, std::function<void()> handler) {
    return std::make_unique<SdSignal>(event_, signal, std::move(handler));
}

std::unique_ptr<Source> SdEventLoop::add_child(pid_t pid, std::function<void(int)> handler) {
    return std::make_unique<SdChild>(event_, pid, std::move(handler));
}

void SdEventLoop::post(std::function<void()> job) {
    posted_->add(std::move(job));
}

int SdEventLoop::run() {
    const int code = sd_event_loop(event_);
    check(code, "sd_event_loop");
    return code;
}

void SdEventLoop::exit(int code) {
    check(sd_event_exit(event_, code), "sd_event_exit");
}

void SdEventLoop::run_once(Duration timeout) {
    check(sd_event_run(event_, static_cast<std::uint64_t>(timeout.count())), "sd_event_run");
}

void SdEventLoop::enable_watchdog() {
    check(sd_event_set_watchdog(event_, 1), "sd_event_set_watchdog");
}

}  // namespace integrityd
