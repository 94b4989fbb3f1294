// Compares what was read of the audit log with what stands there now.
//
// Three ways. The last 256 KiB at once, on the loop, when something was written and the log did not grow. All of a file
// at once, in the disk lane, when somebody who could write it closed it. And everything that is held, bit by bit,
// within five minutes; the two newest files within ten seconds when something was written without growing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/event_loop.hpp"
#include "core/worker.hpp"
#include "sources/audit_log_file.hpp"

namespace integrityd {

// Those that are held, the oldest first, by rising number.
using AuditLogFiles = std::vector<std::unique_ptr<AuditLogFile>>;

class AuditLogGuard {
public:
    using Report = std::function<void(const AuditLogFile&, AuditLogRange)>;

    // `files` are the follower's and may change between any two calls.
    AuditLogGuard(EventLoop& loop, Worker& worker, const BlockKey& key, AuditLogFiles& files, Report report);

    void start();
    // More was read: what has become whole is sealed (AuditLogCursor::seal).
    void read_on() { run_next(); }
    // The log was written to and has not grown.
    void written();
    // This part of what was read is known to be another now.
    void changed(AuditLogFile& file, AuditLogRange range);
    // Somebody who could write a file closed it: the newest two (an older one may have just been renamed), or any.
    void closed(bool any);

    [[nodiscard]] std::uint64_t bytes_compared() const { return bytes_compared_; }

private:
    // A way through the files, from block to block.
    struct Walk {
        std::uint64_t file = 0;
        std::size_t block = 0;
    };
    struct Task {
        std::uint64_t file = 0;
        std::size_t first = 0;
        std::size_t last = 0;  // one behind
        bool seal = false;
    };
    struct Block {
        BlockTag tag{};
        Sha256Digest digest{};
    };

    void tick();
    void compare_soon();
    void compare_now();
    void begin_walk(bool any);
    [[nodiscard]] std::optional<Task> next_task();
    [[nodiscard]] std::optional<Task> task_of(std::optional<Walk>& walk);
    [[nodiscard]] std::optional<Task> seal_task() const;
    void run_next();
    void finished(const Task& task, const Result<std::vector<Block>>& blocks);
    void compare(AuditLogFile& file, const Task& task, const std::vector<Block>& blocks);
    void seal(AuditLogFile& file, const Task& task, const std::vector<Block>& blocks);
    bool compare_recent(AuditLogFile& file);  // true: something is not as it was
    [[nodiscard]] AuditLogFile* find(std::uint64_t number) const;
    [[nodiscard]] std::uint64_t total() const;
    [[nodiscard]] static Result<std::vector<Block>> look_at(int fd, const Task& task, const BlockKey& key);

    Worker& worker_;
    const BlockKey key_;
    AuditLogFiles& files_;
    Report report_;
    std::unique_ptr<Timer> round_;
    std::unique_ptr<Timer> soon_;
    std::vector<char> buffer_;

    std::optional<Walk> urgent_;   // through files that were closed
    std::optional<Walk> steady_;   // through everything
    std::uint64_t allowance_ = 0;  // bytes for `steady_` until the next round
    bool running_ = false;
    bool sealing_paused_ = false;  // until the next round: the disk, or the lane, refuses
    bool written_ = false;         // since the last round
    bool wants_recent_ = false;
    std::optional<bool> wants_walk_;  // true: through any file
    std::uint64_t bytes_compared_ = 0;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace integrityd
