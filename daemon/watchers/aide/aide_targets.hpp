// AideTargets: has AIDE check single files at once when an audit record says that they were written.
//
// Paths are collected for a moment, their entries are cut out of the accepted database (sources/aide_subset.hpp), and
// `path_command` is run with them: milliseconds, however large the database is. What AIDE then says is a complete look
// at these paths.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/child_process.hpp"
#include "core/config.hpp"
#include "core/event_loop.hpp"
#include "core/opener.hpp"
#include "core/worker.hpp"
#include "watchers/aide/aide_judge.hpp"
#include "watchers/aide/aide_report_file.hpp"

namespace integrityd {

class AideTargets {
public:
    struct Calls {
        // The accepted databases (hex SHA-256); empty: none is, so nothing can be compared.
        std::function<std::vector<std::string>()> accepted;
        // AIDE's word on these paths.
        std::function<void(const std::shared_ptr<const AideReport>& report, const std::vector<std::string>& paths)>
            checked;
        // Some paths could not be checked, after some attempts; the next whole check sees them.
        std::function<void(const std::string& reason)> failed;
    };
    AideTargets(EventLoop& loop, Worker& worker, Opener& opener, const AideConfig& config, Calls calls);
    ~AideTargets();

    [[nodiscard]] bool configured() const { return !config_.path_command.empty(); }
    // This file was written just now.
    void written(const std::string& path);
    void add_counters(std::map<std::string, std::uint64_t>& counters) const;

private:
    // What the worker makes of the paths.
    struct Order {
        std::vector<std::string> paths;
        UniqueFd input;  // the expression, a NUL, and the database; none: there is no accepted database
    };

    static Order make_order(Opener& opener, std::vector<std::string> paths, const std::vector<std::string>& accepted);
    void begin();
    void run(const std::shared_ptr<Order>& order);
    void ended(ChildResult result);
    void report_read(const AideFileReports& found, const AideRun& run);
    void try_again(const std::string& reason);
    void drop();
    void finish();

    EventLoop& loop_;
    Worker& worker_;
    Opener& opener_;
    const AideConfig& config_;
    Calls calls_;
    std::unique_ptr<Timer> timer_;
    std::set<std::string> waiting_;
    std::vector<std::string> checking_;
    std::unique_ptr<ChildProcess> child_;
    bool busy_ = false;
    unsigned attempts_ = 0;  // that failed, one after the other
    std::uint64_t runs_ = 0;
    std::uint64_t failed_ = 0;
    std::uint64_t checked_ = 0;
    std::uint64_t dropped_ = 0;  // there was no room: the next whole check sees them
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace integrityd
