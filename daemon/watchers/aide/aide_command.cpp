#include "watchers/aide/aide_command.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <sys/wait.h>

namespace integrityd {

namespace {

// A report of 300,000 entries with details; standard output is kept in memory until it is read.
constexpr std::size_t output_limit = 256U << 20;
constexpr std::size_t error_limit = 16U << 10;

// A file that was in its directory's list and gone when AIDE looked at it, as in /var/log when it is rotated: AIDE says
// so, and what it reports is true, for the file is not there. A line that a name with a line feed broke up is none.
bool tells_of_a_file_gone(std::string_view line) {
    return line.starts_with("WARNING: get_file_status: lstat() failed for ") &&
           line.ends_with(": No such file or directory");
}

// What is left stands for something that AIDE could not do.
std::string complaints(std::string_view errors) {
    std::string left;
    while (!errors.empty()) {
        const std::size_t end = std::min(errors.find('\n'), errors.size() - 1) + 1;
        const std::string_view line = errors.substr(0, end);
        errors.remove_prefix(end);
        const bool whole = line.ends_with('\n');
        if (!whole || !tells_of_a_file_gone(line.substr(0, line.size() - 1))) left += line;
    }
    return left;
}

}  // namespace

AideRun run_of(const ChildResult& result) {
    AideRun run;
    // Where lines were dropped nobody knows what they said.
    run.errors = result.errors_dropped > 0 ? result.errors : complaints(result.errors);
    if (result.deadline_passed)
        run.failure = "the check took longer than check_timeout and was ended";
    else if (result.output_cut)
        run.failure = "the check wrote more than 256 MiB and was ended";
    else if (WIFSIGNALED(result.wait_status))
        run.failure = "the check was ended by signal " + std::to_string(WTERMSIG(result.wait_status));
    if (WIFEXITED(result.wait_status)) run.exit_code = WEXITSTATUS(result.wait_status);
    return run;
}

AideCommand::AideCommand(EventLoop& loop, const Clock& clock, const AideConfig& config, Done done)
    : loop_(loop),
      clock_(clock),
      config_(config),
      done_(std::move(done)),
      timer_(loop.add_timer([this] { due(); }, std::chrono::seconds(1))) {}

void AideCommand::plan() {
    if (!configured() || config_.check_interval == Duration{0}) return;
    timer_->start(config_.check_interval);
    next_ = clock_.wall() + static_cast<WallTime>(config_.check_interval.count());
}

void AideCommand::due() {
    plan();
    if (running() || held_) return;  // a check that takes longer than its interval
    run_and_tell();
}

void AideCommand::run_and_tell() {
    if (auto started = run(); !started) {
        AideCommandResult result;
        result.run.failure = started.error().message;
        done_(std::move(result));
    }
}

Result<void> AideCommand::run() {
    if (running()) return Error{"a check is running already", EBUSY};
    ChildRequest request;
    request.command = config_.check_command;
    request.deadline = config_.check_timeout;
    request.output_limit = output_limit;
    request.error_limit = error_limit;
    auto child = start_child(loop_, request, [this](ChildResult result) { ended(std::move(result)); });
    if (!child) return Error{"the check cannot be started: " + child.error().message, child.error().code};
    child_ = std::move(*child);
    started_ = loop_.now();
    ++runs_;
    return {};
}

void AideCommand::ended(ChildResult result) {
    elapsed_ms_ = static_cast<std::uint64_t>((loop_.now() - started_).count() / 1000);
    output_bytes_ = child_->output_bytes();
    AideCommandResult told;
    told.run = run_of(result);
    told.output = std::move(result.output);
    // Not here: the child calls us.
    loop_.post([child = std::shared_ptr<ChildProcess>(std::move(child_))] {});
    done_(std::move(told));
}

void AideCommand::add_counters(std::map<std::string, std::uint64_t>& counters) const {
    const bool now = running();
    const auto elapsed = static_cast<std::uint64_t>((loop_.now() - started_).count() / 1000);
    counters["check_command"] = configured() ? 1 : 0;
    counters["check_running"] = now ? 1 : 0;
    counters["check_runs"] = runs_;
    counters["check_output_bytes"] = now ? child_->output_bytes() : output_bytes_;
    counters["check_elapsed_ms"] = now ? elapsed : elapsed_ms_;
}

}  // namespace integrityd
