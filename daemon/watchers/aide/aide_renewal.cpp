#include "watchers/aide/aide_renewal.hpp"

#include <array>
#include <cerrno>

#include "core/digest.hpp"
#include "core/escape.hpp"
#include "watchers/aide/aide_command.hpp"
#include "watchers/aide/aide_difference.hpp"

namespace integrityd {

namespace {

// As of a check: the comparison lists no more than that.
constexpr std::size_t output_limit = 256U << 20;
constexpr std::size_t error_limit = 16U << 10;
constexpr std::size_t max_reason = 512;

Error refused(const std::string& reason) {
    return Error{reason, ECANCELED};
}

std::string first_line(std::string_view text) {
    return escape_cut(text.substr(0, text.find('\n')), max_reason);
}

std::string digest_of(const AideReport& report, const std::string& path) {
    return stated_digest(report, [&path](const std::string& other) { return other == path; });
}

}  // namespace

AideRenewal::AideRenewal(EventLoop& loop, Worker& worker, const AideConfig& config, Calls calls)
    : loop_(loop), worker_(worker), config_(config), calls_(std::move(calls)) {}

AideRenewal::~AideRenewal() = default;

Result<void> AideRenewal::begin(Order order) {
    if (running()) return Error{"a new database is being made already", EBUSY};
    order_ = std::move(order);
    made_.clear();
    pinned_ = false;
    started_ = loop_.now();
    return run(Step::init);
}

Result<void> AideRenewal::run(Step step) {
    constexpr std::array<const char*, 4> words = {"", "init", "compare", "move"};
    ChildRequest request;
    request.command = config_.database_command;
    request.command.emplace_back(words.at(static_cast<std::size_t>(step)));
    request.deadline = config_.check_timeout;
    request.output_limit = output_limit;
    request.error_limit = error_limit;
    auto child = start_child(loop_, request, [this](ChildResult result) { ended(std::move(result)); });
    if (!child) return refused("database_command cannot be started: " + child.error().message);
    child_ = std::move(*child);
    step_ = step;
    return {};
}

void AideRenewal::ended(ChildResult result) {
    // Not here: the child calls us.
    loop_.post([child = std::shared_ptr<ChildProcess>(std::move(child_))] {});
    const AideRun run = run_of(result);
    // What moves a file writes no report.
    if (step_ == Step::move) {
        const std::string reason = !run.failure.empty() ? run.failure : first_line(run.errors);
        if (run.exit_code == 0 && reason.empty()) return finish(made_);
        return finish(refused("the new database could not be put in the old one's place: " + reason));
    }
    const auto output = std::make_shared<UniqueFd>(std::move(result.output));
    const auto submitted = worker_.run(
        Lane::disk, [output, limit = config_.max_entries] { return read_report_file(output->get(), limit, ""); },
        [this, run, alive = std::weak_ptr<int>(alive_)](const AideFileReports& found) {
            if (!alive.expired()) read(found, run);
        });
    if (!submitted) finish(refused(submitted.error().message));
}

void AideRenewal::read(const AideFileReports& found, const AideRun& run) {
    const auto report = found.reports.empty() ? found.unfinished : found.reports.back();
    if (!report && !run.errors.empty()) return next(refused(first_line(run.errors)));
    next(judge_step(report ? report : std::make_shared<const AideReport>(), run));
}

// Nothing is believed of these runs that would not be believed of a check.
Result<void> AideRenewal::judge_step(const std::shared_ptr<const AideReport>& report, const AideRun& run) {
    AideExpectations expected;
    expected.max_entries = config_.max_entries;
    const auto judgement = judge(report, run, expected);
    if (!judgement.failures.empty()) return refused(judgement.failures.front());
    const auto wanted = step_ == Step::init ? AideOutcome::initialized : AideOutcome::compared;
    if (report->outcome != wanted) return refused("AIDE's report is about something else");
    return step_ == Step::init ? Result<void>() : judge_comparison(*report);
}

Result<void> AideRenewal::judge_comparison(const AideReport& report) {
    if (digest_of(report, config_.database) != order_.old_database) {
        return refused("the new database was not compared with the accepted one");
    }
    made_ = digest_of(report, config_.database + ".new");
    if (made_.empty()) {
        return refused("AIDE does not state the new database's SHA-256 (database_attrs of its configuration)");
    }
    const auto difference = difference_of(report);
    if (!difference.hindrance.empty()) return refused(difference.hindrance);
    if (difference.digest != order_.difference) {
        return refused("the files are not as they were shown any more: look at the difference again after a check");
    }
    pinned_ = true;
    return calls_.pin(made_);
}

void AideRenewal::next(const Result<void>& judged) {
    if (!judged) return finish(judged.error());
    const auto started = run(step_ == Step::init ? Step::compare : Step::move);
    if (!started) finish(started.error());
}

void AideRenewal::finish(const Result<std::string>& made) {
    step_ = Step::none;
    calls_.done(made, pinned_);
}

void AideRenewal::add_counters(std::map<std::string, std::uint64_t>& counters) const {
    counters["database_step"] = static_cast<std::uint64_t>(step_);
    counters["database_elapsed_ms"] =
        running() ? static_cast<std::uint64_t>((loop_.now() - started_).count() / 1000) : 0;
}

}  // namespace integrityd
