#include "watchers/aide/aide_targets.hpp"

#include <algorithm>
#include <utility>

#include "core/escape.hpp"
#include "core/memory_file.hpp"
#include "sources/aide_subset.hpp"
#include "watchers/aide/aide_command.hpp"

namespace integrityd {

namespace {

// An editor writes, renames and changes the mode of one file within this time: one check for all of it.
constexpr Duration settle = std::chrono::milliseconds(150);
// Between two checks, so that somebody who writes all the time has AIDE run once in a while and not all the time.
constexpr Duration pause = std::chrono::seconds(2);
// More paths than these are no single act any more, but a flood: the next whole check is for them.
constexpr std::size_t most_waiting = 1024;
// AIDE hashes these files alone; the largest of a device takes seconds.
constexpr Duration deadline = std::chrono::minutes(2);
constexpr std::size_t output_limit = 4U << 20;
constexpr std::size_t error_limit = 4096;
// AIDE's unit may be restarted, or busy with other checks: only then it is said that the paths could not be checked.
constexpr unsigned most_attempts = 3;

constexpr std::size_t max_reason = 512;

std::string complaint(std::string_view text) {
    return "AIDE complained: " + escape_cut(text.substr(0, text.find('\n')), max_reason);
}

// Why the run says nothing of the paths; empty: it does. An entry that AIDE complained of is missing in its report, and
// would be taken back.
std::string fault_of(const AideFileReports& found, const AideRun& run) {
    if (!run.failure.empty()) return run.failure;
    const bool ended = run.exit_code && exits_with_report(*run.exit_code);
    const auto* const report = ended && !found.reports.empty() ? found.reports.back().get() : nullptr;
    if (report == nullptr || !report->whole() || report->limit.empty()) return "path_command gave no whole report";
    if (!run.errors.empty()) return complaint(run.errors);
    if (report->diagnostic_lines > 0) return complaint(report->diagnostics);
    return {};
}

}  // namespace

AideTargets::AideTargets(EventLoop& loop, Worker& worker, Opener& opener, const AideConfig& config, Calls calls)
    : loop_(loop),
      worker_(worker),
      opener_(opener),
      config_(config),
      calls_(std::move(calls)),
      timer_(loop.add_timer([this] { begin(); })) {}

AideTargets::~AideTargets() = default;

void AideTargets::written(const std::string& path) {
    if (!configured() || path.empty() || path.size() > most_subset_bytes) return;
    if (waiting_.size() >= most_waiting && !waiting_.contains(path)) {
        ++dropped_;
        return;
    }
    waiting_.insert(path);
    if (!busy_ && !timer_->running()) timer_->start(settle);
}

void AideTargets::begin() {
    const std::vector<std::string> accepted = calls_.accepted();
    if (accepted.empty()) return waiting_.clear();  // which is told as a baseline that is missing
    std::vector<std::string> paths;
    for (std::size_t bytes = 0; !waiting_.empty() && paths.size() < most_subset_paths;) {
        bytes += waiting_.begin()->size();
        if (bytes > most_subset_bytes) break;
        paths.push_back(std::move(waiting_.extract(waiting_.begin()).value()));
    }
    if (paths.empty()) return;
    busy_ = true;
    const auto submitted = worker_.run(
        Lane::disk,
        [&opener = opener_, paths = std::move(paths), accepted] {
            return std::make_shared<Order>(make_order(opener, paths, accepted));
        },
        [this, alive = std::weak_ptr<int>(alive_)](const std::shared_ptr<Order>& order) {
            if (!alive.expired()) run(order);
        });
    if (!submitted) drop();
}

AideTargets::Order AideTargets::make_order(Opener& opener, std::vector<std::string> paths,
                                           const std::vector<std::string>& accepted) {
    Order order{.paths = std::move(paths), .input = {}};
    const auto database = opener.open(Resource::aide_database);
    if (!database) return order;
    const auto subset = cut_aide_database(database->get(), order.paths);
    if (!subset || std::ranges::find(accepted, subset->whole_sha256) == accepted.end()) return order;
    auto input = make_memory_file("integrityd-aide-paths", aide_limit_of(order.paths) + '\0' + subset->text);
    if (input) order.input = std::move(*input);
    return order;
}

void AideTargets::run(const std::shared_ptr<Order>& order) {
    // The database is not there, or none that was accepted: that is told when its file is looked at.
    if (!order->input) return drop();
    checking_ = std::move(order->paths);
    ChildRequest request;
    request.command = config_.path_command;
    request.command.emplace_back("paths");
    request.deadline = deadline;
    request.output_limit = output_limit;
    request.error_limit = error_limit;
    request.input = order->input.get();
    auto child = start_child(loop_, request, [this](ChildResult result) { ended(std::move(result)); });
    if (!child) return try_again(child.error().message);
    child_ = std::move(*child);
    ++runs_;
}

void AideTargets::ended(ChildResult result) {
    // Not here: the child calls us.
    loop_.post([child = std::shared_ptr<ChildProcess>(std::move(child_))] {});
    const auto output = std::make_shared<UniqueFd>(std::move(result.output));
    const auto submitted = worker_.run(
        Lane::disk, [output, limit = config_.max_entries] { return read_report_file(output->get(), limit, ""); },
        [this, outcome = run_of(result), alive = std::weak_ptr<int>(alive_)](const AideFileReports& found) {
            if (!alive.expired()) report_read(found, outcome);
        });
    if (!submitted) try_again("too much else is read");
}

void AideTargets::report_read(const AideFileReports& found, const AideRun& run) {
    if (const std::string fault = fault_of(found, run); !fault.empty()) return try_again(fault);
    attempts_ = 0;
    checked_ += checking_.size();
    calls_.checked(found.reports.back(), checking_);
    finish();
}

void AideTargets::try_again(const std::string& reason) {
    ++failed_;
    if (++attempts_ < most_attempts) {
        waiting_.insert(checking_.begin(), checking_.end());
        return finish();
    }
    attempts_ = 0;
    dropped_ += checking_.size();
    calls_.failed(reason);
    finish();
}

void AideTargets::drop() {
    ++failed_;
    finish();
}

void AideTargets::finish() {
    busy_ = false;
    checking_.clear();
    if (!waiting_.empty()) timer_->start(pause);
}

void AideTargets::add_counters(std::map<std::string, std::uint64_t>& counters) const {
    counters["path_checks"] = runs_;
    counters["path_checks_failed"] = failed_;
    counters["paths_checked"] = checked_;
    counters["paths_dropped"] = dropped_;
    counters["paths_waiting"] = waiting_.size() + checking_.size();
}

}  // namespace integrityd
