// AideRenewal: has a new database made that holds what was accepted, and nothing else (`database_command`).
//
// Three runs, one after the other: `init` makes the new database beside the old one, `compare` tells in what the two
// differ, `move` puts the new one in the old one's place. Whatever happens to the files meanwhile, the old database
// stays in force unless the two differ in exactly what was accepted: a file that was changed for a moment only, while
// the database was made, would show up as one more difference.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/child_process.hpp"
#include "core/config.hpp"
#include "core/event_loop.hpp"
#include "core/worker.hpp"
#include "watchers/aide/aide_judge.hpp"
#include "watchers/aide/aide_report_file.hpp"

namespace integrityd {

class AideRenewal {
public:
    struct Order {
        std::string difference;    // AideDifference::digest of what was accepted
        std::string old_database;  // hex SHA-256, accepted
    };
    struct Calls {
        // The new database, by its hex SHA-256, is what was accepted and is about to be moved; an error keeps it away.
        std::function<Result<void>(const std::string& made)> pin;
        // Over: the digest of the database that is in force now, or why it is still the old one, and whether `pin` was
        // called.
        std::function<void(const Result<std::string>& made, bool pinned)> done;
    };
    AideRenewal(EventLoop& loop, Worker& worker, const AideConfig& config, Calls calls);
    ~AideRenewal();

    [[nodiscard]] bool configured() const { return !config_.database_command.empty(); }
    [[nodiscard]] bool running() const { return step_ != Step::none; }
    // EBUSY while one runs.
    [[nodiscard]] Result<void> begin(Order order);
    void add_counters(std::map<std::string, std::uint64_t>& counters) const;

private:
    enum class Step : std::uint8_t { none, init, compare, move };

    Result<void> run(Step step);
    void ended(ChildResult result);
    void read(const AideFileReports& found, const AideRun& run);
    [[nodiscard]] Result<void> judge_step(const std::shared_ptr<const AideReport>& report, const AideRun& run);
    [[nodiscard]] Result<void> judge_comparison(const AideReport& report);
    void next(const Result<void>& judged);
    void finish(const Result<std::string>& made);

    EventLoop& loop_;
    Worker& worker_;
    const AideConfig& config_;
    Calls calls_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
    Step step_ = Step::none;
    Order order_;
    std::string made_;  // digest of the new database
    bool pinned_ = false;
    std::unique_ptr<ChildProcess> child_;
    Monotonic started_{0};
};

}  // namespace integrityd
