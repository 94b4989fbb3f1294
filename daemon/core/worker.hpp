// Worker: where what blocks is waited for.
//
// Jobs run in lanes, one class of waiting each, so that a hung TPM holds up nothing but TPM jobs. A
// job sees only what it was given by value; its result comes back to the loop (eventfd), where
// `done` runs. Threads are started with a lane's first job.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "core/event_loop.hpp"
#include "core/result.hpp"

namespace integrityd {

// disk: digests and reports (1 thread) · audit: the kernel's audit, which holds up who asks it while its backlog is
// full (1) · tpm (1) · names: name resolution (up to 8) · tokens: what holds the keys of TLS clients (1) · host: the
// machine's bus and service manager, which may hang without the other (up to 2).
enum class Lane : std::uint8_t { disk, audit, tpm, names, tokens, host };

class Worker {
public:
    virtual ~Worker() = default;

    // Queues `job` for its lane; it returns what is to run on the loop when it is finished. An
    // error when the lane's queue is full (64 jobs: more means that a watcher does not wait for
    // its answers). After the Worker is destroyed no continuation runs.
    virtual Result<void> submit(Lane lane, std::function<std::function<void()>()> job) = 0;

    // submit() in the usual form: `job()` in the lane, `done(its result)` on the loop.
    template <typename Job, typename Done>
    Result<void> run(Lane lane, Job job, Done done) {
        return submit(lane, [job = std::move(job), done = std::move(done)]() mutable -> std::function<void()> {
            auto result = std::make_shared<decltype(job())>(job());
            return [result, done = std::move(done)]() mutable { done(std::move(*result)); };
        });
    }
};

// Lanes on threads, results by eventfd; joins its threads when destroyed.
[[nodiscard]] std::unique_ptr<Worker> make_thread_worker(EventLoop& loop);

}  // namespace integrityd
