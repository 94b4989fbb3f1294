#include "core/worker.hpp"

#include <array>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <thread>
#include <vector>

#include "core/unique_fd.hpp"

namespace integrityd {

namespace {

using Continuation = std::function<void()>;
using Job = std::function<Continuation()>;

constexpr std::size_t queue_limit = 64;
constexpr std::array<std::size_t, 6> threads_of_lane = {1, 1, 1, 8, 1, 2};  // by Lane

// What finished jobs leave for the loop.
class Finished {
public:
    Finished() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (!wake_) throw std::system_error(errno, std::generic_category(), "eventfd");
    }
    [[nodiscard]] int fd() const { return wake_.get(); }
    void add(Continuation continuation) {
        {
            const std::lock_guard lock(mutex_);
            ready_.push_back(std::move(continuation));
        }
        (void)eventfd_write(wake_.get(), 1);
    }
    std::deque<Continuation> take() {
        eventfd_t ignored = 0;
        (void)eventfd_read(wake_.get(), &ignored);
        const std::lock_guard lock(mutex_);
        return std::exchange(ready_, {});
    }

private:
    UniqueFd wake_;
    std::mutex mutex_;
    std::deque<Continuation> ready_;
};

class LaneThreads {
public:
    LaneThreads(std::size_t limit, Finished& finished) : limit_(limit), finished_(finished) {}
    ~LaneThreads() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            queue_.clear();
        }
        work_.notify_all();
        for (auto& thread : threads_)
            thread.join();
    }
    LaneThreads(const LaneThreads&) = delete;
    LaneThreads& operator=(const LaneThreads&) = delete;

    Result<void> submit(Job job) {
        {
            const std::lock_guard lock(mutex_);
            if (queue_.size() >= queue_limit) return Error{"the worker's queue is full", EBUSY};
            queue_.push_back(std::move(job));
            if (idle_ < queue_.size() && threads_.size() < limit_) threads_.emplace_back([this] { serve(); });
        }
        work_.notify_one();
        return {};
    }

private:
    void serve() {
        std::unique_lock lock(mutex_);
        while (!stopping_) {
            if (queue_.empty()) {
                ++idle_;
                work_.wait(lock);
                --idle_;
                continue;
            }
            const Job job = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            finished_.add(job());
            lock.lock();
        }
    }

    const std::size_t limit_;
    Finished& finished_;
    std::mutex mutex_;
    std::condition_variable work_;
    std::deque<Job> queue_;
    std::size_t idle_ = 0;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

class ThreadWorker final : public Worker {
public:
    explicit ThreadWorker(EventLoop& loop)
        : lanes_{LaneThreads(threads_of_lane[0], finished_), LaneThreads(threads_of_lane[1], finished_),
                 LaneThreads(threads_of_lane[2], finished_), LaneThreads(threads_of_lane[3], finished_),
                 LaneThreads(threads_of_lane[4], finished_), LaneThreads(threads_of_lane[5], finished_)},
          source_(loop.add_io(finished_.fd(), EPOLLIN, [this](std::uint32_t) { deliver(); })) {}

    Result<void> submit(Lane lane, Job job) override {
        return lanes_.at(static_cast<std::size_t>(lane)).submit(std::move(job));
    }

private:
    void deliver() {
        for (const auto& continuation : finished_.take())
            continuation();
    }

    Finished finished_;
    std::array<LaneThreads, threads_of_lane.size()> lanes_;
    std::unique_ptr<IoSource> source_;
};

}  // namespace

std::unique_ptr<Worker> make_thread_worker(EventLoop& loop) {
    return std::make_unique<ThreadWorker>(loop);
}

}  // namespace integrityd
