// Fakes of the small interfaces that watchers are given.
#pragma once

#include <cerrno>
#include <deque>
#include <fcntl.h>
#include <functional>
#include <string>

#include "core/audit_kernel.hpp"
#include "core/clock.hpp"
#include "core/worker.hpp"

namespace integrityd::test {

class FakeClock final : public Clock {
public:
    [[nodiscard]] WallTime wall() const override { return wall_; }
    [[nodiscard]] std::uint64_t boottime() const override { return boottime_; }
    [[nodiscard]] const std::string& boot_id() const override { return boot_id_; }
    [[nodiscard]] ClockState state() const override { return state_; }

    void advance(std::uint64_t microseconds) {
        wall_ += microseconds;
        boottime_ += microseconds;
    }

    WallTime wall_ = 1'800'000'000'000'000;  // 2027-01-15T08:00:00Z
    std::uint64_t boottime_ = 60'000'000;
    std::string boot_id_ = "11111111-2222-3333-4444-555555555555";
    ClockState state_ = ClockState::synchronised;
};

// An audit that may not be asked, unless the test gives it descriptors: it hands out copies, as often as it is asked.
class FakeAuditKernel final : public AuditKernel {
public:
    Result<UniqueFd> join_feed() override { return take(feed); }
    Result<UniqueFd> status() override { return take(status_file); }

    UniqueFd feed;
    UniqueFd status_file;

private:
    static Result<UniqueFd> take(const UniqueFd& fd) {
        if (!fd) return Error{"audit: not permitted", EPERM};
        return UniqueFd(fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
    }
};

// Jobs wait until the test runs them, in order, on the test's own thread.
class FakeWorker final : public Worker {
public:
    Result<void> submit(Lane /*lane*/, std::function<std::function<void()>()> job) override {
        if (full_) return Error{"the worker's queue is full", 16};
        jobs_.push_back(std::move(job));
        return {};
    }
    // Runs everything that is queued, also what is queued meanwhile; returns how many jobs ran.
    std::size_t run_all() {
        std::size_t ran = 0;
        for (; !jobs_.empty(); ++ran) {
            const auto job = std::move(jobs_.front());
            jobs_.pop_front();
            job()();
        }
        return ran;
    }
    [[nodiscard]] std::size_t waiting() const { return jobs_.size(); }

    bool full_ = false;

private:
    std::deque<std::function<std::function<void()>()>> jobs_;
};

}  // namespace integrityd::test
