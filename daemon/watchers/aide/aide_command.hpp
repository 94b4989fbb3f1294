// AideCommand: runs `check_command`, now and every `check_interval`.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/child_process.hpp"
#include "core/clock.hpp"
#include "core/config.hpp"
#include "core/event_loop.hpp"
#include "watchers/aide/aide_judge.hpp"

namespace integrityd {

struct AideCommandResult {
    AideRun run;
    UniqueFd output;  // the report, at offset 0; none where the program could not be started
};

class AideCommand {
public:
    using Done = std::function<void(AideCommandResult)>;
    AideCommand(EventLoop& loop, const Clock& clock, const AideConfig& config, Done done);

    [[nodiscard]] bool configured() const { return !config_.check_command.empty(); }
    [[nodiscard]] bool running() const { return child_ != nullptr; }
    // Plans the next run.
    void plan();
    // EBUSY while one runs.
    [[nodiscard]] Result<void> run();
    // The same; that it cannot be started is its result.
    void run_and_tell();
    // While it is held no planned run begins.
    void hold(bool held) { held_ = held; }
    // Wall time of the next planned run; 0: none.
    [[nodiscard]] WallTime next() const { return next_; }
    void add_counters(std::map<std::string, std::uint64_t>& counters) const;

private:
    void due();
    void ended(ChildResult result);

    EventLoop& loop_;
    const Clock& clock_;
    const AideConfig& config_;
    Done done_;
    std::unique_ptr<Timer> timer_;
    WallTime next_ = 0;
    bool held_ = false;
    std::unique_ptr<ChildProcess> child_;
    Monotonic started_{0};
    std::uint64_t elapsed_ms_ = 0;    // of the last run
    std::uint64_t output_bytes_ = 0;  // of the last run
    std::uint64_t runs_ = 0;
};

// The exit status, or why there is none.
[[nodiscard]] AideRun run_of(const ChildResult& result);

}  // namespace integrityd
