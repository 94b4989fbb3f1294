#include "watchers/aide/aide_watcher.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include "catalogue_kinds.hpp"
#include "core/escape.hpp"
#include "watchers/aide/aide_actor.hpp"
#include "watchers/aide/aide_entry.hpp"

namespace integrityd {

namespace {

// dailyaidecheck writes its log in pieces, each closed: within milliseconds of each other.
constexpr Duration settle_after = std::chrono::seconds(2);
constexpr Duration files_settle_after = std::chrono::seconds(1);
constexpr std::string_view report_subject = "report";

std::string file_name(const std::string& path) {
    return std::filesystem::path(path).filename().string();
}

Look look_at(const Kind& kind) {
    Look look;
    look.scope.source = "aide";
    look.scope.kinds = {&kind};
    look.scope.subjects = {std::string(report_subject)};
    look.complete = true;
    return look;
}

// A file written just now can change without its time changing: the kernel's clock has steps of some
// milliseconds.
bool is_old(const AideFileStamp& stamp, const Clock& clock) {
    constexpr std::int64_t second = 1'000'000'000;
    return static_cast<std::int64_t>(clock.wall()) * 1000 - stamp.modified > second;
}

}  // namespace

AideWatcher::AideWatcher(WatcherContext context)
    : context_(context),
      config_(context.config.aide),
      baseline_(context.baselines),
      command_(context.loop, context.clock, config_,
               [this](AideCommandResult result) { command_ended(std::move(result)); }),
      overdue_(context.loop, context.clock, config_.max_age,
               [this](bool overdue, WallTime last_end) { tell_overdue(overdue, last_end); }),
      report_watch_(context.loop, context.opener, Resource::aide_report_log, file_name(config_.report_log),
                    [this](AideDirectoryWatch::Change change) { report_changed(change); }),
      database_watch_(context.loop, context.opener, Resource::aide_database, file_name(config_.database),
                      [this](AideDirectoryWatch::Change) { files_settle_->start(files_settle_after); }),
      // Only the directory of the file itself; what it includes is looked at every so often.
      config_watch_(context.loop, context.opener, Resource::aide_config, file_name(config_.config),
                    [this](AideDirectoryWatch::Change) { files_settle_->start(files_settle_after); }),
      renewal_(context.loop, context.worker, config_,
               {.pin =
                    [this](const std::string& made) {
                        return pin({wanted_.databases.front(), made});
                    },
                .done = [this](const Result<std::string>& made, bool pinned) { renewed(made, pinned); }}),
      targets_(context.loop, context.worker, context.opener, config_,
               {.accepted = [this] { return accepted_databases(); },
                .checked = [this](const std::shared_ptr<const AideReport>& report,
                                  const std::vector<std::string>& paths) { paths_checked(*report, paths); },
                .failed = [this](const std::string& reason) { paths_failed(reason); }}),
      words_(context.loop, context.clock),
      settle_(context.loop.add_timer([this] { settled(); })),
      files_settle_(context.loop.add_timer([this] { check_files(); }, std::chrono::milliseconds(100))),
      files_timer_(context.loop.add_timer([this] { check_files(); }, std::chrono::minutes(1))) {}

AideWatcher::~AideWatcher() {
    context_.traces.set_listener(nullptr);
    if (accepted_then_) accepted_then_(Error{"the watcher ended before the new database was ready", EINTR});
}

void AideWatcher::start() {
    look_open_ = true;
    begin_path_checks();
    restore();
    command_.plan();
    database_watch_.arm();
    config_watch_.arm();
    files_settle_->stop();  // what the watch began with is looked at now
    check_files();          // before the reports: they are judged by what it finds
    report_watch_.arm();
    overdue_.evaluate();
}

// Without a command of its own a check is a new look at the report that is there.
Result<void> AideWatcher::check() {
    if (command_.running() || judging_command_) return Error{"a check is running already", EBUSY};
    if (renewal_.running()) return Error{"AIDE is making a new database", EBUSY};
    if (command_.configured()) {
        if (auto started = command_.run(); !started) return started.error();
    }
    look_open_ = true;
    check_files();  // first: reports are judged by what it finds
    if (!command_.configured()) {
        forced_ = true;
        read_report(true);
    }
    return {};
}

// --- the report log

void AideWatcher::report_changed(AideDirectoryWatch::Change change) {
    if (change.finished) settle_->stop();
    if (!report_watch_.problem().empty()) {
        update_health();
        return finish_look();
    }
    read_report(change.finished);
}

// Nothing followed: what is not finished now was cut off.
void AideWatcher::settled() {
    if (reading_) return settle_->start(settle_after);
    if (reopen_ == Reopen::later)
        reopen_ = Reopen::now;
    else
        judge_unfinished_ = true;
    read_report(true);
}

// `closed`: the writer has closed it; else it may only have begun, and is not waited for.
void AideWatcher::read_report(bool closed) {
    if (reading_) {
        read_again_ = true;
        closed_again_ = closed_again_ || closed;
        return;
    }
    auto fd = context_.opener.open(Resource::aide_report_log);
    if (!fd) return open_failed(fd.error());
    reopen_ = Reopen::no;
    const auto file = std::make_shared<UniqueFd>(std::move(*fd));
    const AideFileStamp stamp = stamp_of(file->get());
    const bool forced = std::exchange(forced_, false);
    if (!forced && stamp == taken_stamp_) return finish_look();
    reading_ = true;
    const std::string taken = forced ? "" : taken_identity_;
    const auto submitted = context_.worker.run(
        Lane::disk, [file, taken, limit = config_.max_entries] { return read_report_file(file->get(), limit, taken); },
        [this, stamp, closed, alive = std::weak_ptr<int>(alive_)](const AideFileReports& found) {
            if (alive.expired()) return;
            reading_ = false;
            if (found.unfinished && closed && !judge_unfinished_) settle_->start(settle_after);
            reports_read(found, stamp);
        });
    if (submitted) return;
    reading_ = false;
    forced_ = forced;
    judge_unfinished_ = false;
    settle_->start(settle_after);
}

void AideWatcher::open_failed(const Error& error) {
    // Rotation gives the old report a second name for a moment, and a file with two names is not opened.
    if (error.code != ENOENT && reopen_ != Reopen::now) {
        reopen_ = Reopen::later;
        if (!settle_->running()) settle_->start(settle_after);
        return;
    }
    reopen_ = Reopen::no;
    // Between two runs there is none: Debian moves it away first.
    forced_ = false;
    report_problem_ = error.code == ENOENT ? "" : escape_cut(error.message, 512);
    judge_unfinished_ = false;
    update_health();
    finish_look();
}

// Over a restart it is known how old the log's newest good report was: an older one that is put there again is found
// out. And which one it was: it has been told.
void AideWatcher::keep(WallTime end, const std::string& identity) {
    if (end != 0 && end == last_.last_end) context_.sink.keep(std::to_string(end) + " " + identity);
}

void AideWatcher::restore() {
    const std::string kept = context_.sink.kept().value_or("");
    WallTime end = 0;
    const auto [stopped, error] = std::from_chars(kept.data(), kept.data() + kept.size(), end);
    const std::string_view rest(stopped, static_cast<std::size_t>(kept.data() + kept.size() - stopped));
    if (error != std::errc() || (!rest.empty() && rest.front() != ' ')) return;
    last_.last_end = told_end_ = end;
    told_identity_ = rest.substr(rest.empty() ? 0 : 1);
}

void AideWatcher::reports_read(const AideFileReports& found, const AideFileStamp& stamp) {
    bytes_ += found.read.bytes;
    report_problem_ = found.read.error != 0 ? "the report log cannot be read" : "";
    if (found.read.limit_reached) report_problem_ = "the report log is larger than 2 GiB";
    for (const auto& report : found.reports) {
        if (command_identity_.empty() || identity(*report) != command_identity_) take(report, AideRun{});
    }
    if (!found.reports.empty()) keep(found.reports.back()->end, found.last_identity);
    if (!found.last_identity.empty()) taken_identity_ = found.last_identity;
    if (found.unfinished && judge_unfinished_) take(found.unfinished, AideRun{});
    taken_stamp_.reset();
    if ((!found.unfinished || judge_unfinished_) && is_old(stamp, context_.clock)) taken_stamp_ = stamp;
    judge_unfinished_ = false;
    update_health();
    if (read_again_) {
        const bool closed = closed_again_;
        read_again_ = closed_again_ = false;
        return read_report(closed);
    }
    finish_look();
}

// --- a check of our own

void AideWatcher::command_ended(AideCommandResult result) {
    look_open_ = true;
    judging_command_ = true;
    const auto output = std::make_shared<UniqueFd>(std::move(result.output));
    const auto submitted = context_.worker.run(
        Lane::disk,
        [output, limit = config_.max_entries] {
            return *output ? read_report_file(output->get(), limit, "") : AideFileReports{};
        },
        [this, run = result.run, alive = std::weak_ptr<int>(alive_)](const AideFileReports& found) {
            if (alive.expired()) return;
            judging_command_ = false;
            bytes_ += found.read.bytes;
            command_report_read(found, run);
            update_health();
            check_files();
        });
    if (submitted) return;
    judging_command_ = false;
    take(std::make_shared<const AideReport>(), result.run);
    finish_look();
}

// The same run's report may have come by the log already; what is more here is AIDE's end.
void AideWatcher::command_report_read(const AideFileReports& found, const AideRun& run) {
    auto report = found.reports.empty() ? found.unfinished : found.reports.back();
    if (!report) report = std::make_shared<const AideReport>();
    command_identity_ = found.last_identity;
    const bool in_order =
        run.failure.empty() && run.errors.empty() && run.exit_code && exits_with_report(*run.exit_code);
    if (in_order && !command_identity_.empty() && command_identity_ == taken_identity_) return;
    take(report, run);
}

void AideWatcher::take(const std::shared_ptr<const AideReport>& report, const AideRun& run) {
    AideExpectations expected = last_;
    expected.max_entries = config_.max_entries;
    expected.now = context_.clock.wall();
    if (files_ && files_->config) expected.root_prefix = files_->config->root_prefix;
    if (accepted_ && !accepted_->databases.empty()) expected.accepted_databases = accepted_->databases;
    expected.baseline_readable = baseline_readable_;
    if (files_ && files_->database) expected.database_there = files_->database->sha256;
    if (checking_files_ || files_settle_->running()) expected.database_there.reset();
    AideJudgement judgement = judge(report, run, expected);
    judge_again_ = !expected.database_there && judgement.database.empty() && expected.accepted_databases;
    ++reports_;
    rows_ += report->rows_seen();
    any_report_ = true;
    omission_ = judgement.omissions.empty() ? "" : judgement.omissions.front();
    check_problem_ = judgement.failures.empty() ? "" : judgement.failures.front();
    if (!judgement.failures.empty()) ++reports_failed_;
    if (!judgement.entries.seen.empty() || judgement.entries.complete)
        tell_whole_check(report, std::move(judgement.entries));
    // A missing database has a kind of its own, told when its file is looked at.
    tell_check(judgement.no_database ? std::vector<std::string>() : judgement.failures, judgement.omissions.empty());
    if (judgement.no_database) check_files();
    difference_.reset();
    if (!judgement.finished) return;
    make_up_for_path_checks(*report);
    if (renewal_.configured()) {
        difference_ = difference_of(*report);
        difference_database_ = !judgement.database.empty() ? judgement.database : expected.database_there.value_or("");
    }
    last_.last_end = judgement.end;
    last_.last_total = judgement.total;
    last_.last_database = judgement.database;
    overdue_.finished(judgement.end);
}

void AideWatcher::tell_entries(Look look) {
    for (Observation& entry : look.seen)
        add_actor(entry, context_.traces);
    context_.sink.report(std::move(look));
}

void AideWatcher::tell_check(const std::vector<std::string>& failures, bool complete) {
    Look look = look_at(kinds::aide_check_failed);
    if (!failures.empty()) look.seen.push_back(check_failed(report_subject, failures));
    look.complete = complete || !failures.empty();
    context_.sink.report(std::move(look));
}

void AideWatcher::tell_overdue(bool overdue, WallTime last_end) {
    context_.sink.report(overdue_look(report_subject, config_.max_age, overdue && !is_absent(), last_end));
}

// --- what is told of the watcher itself

std::string AideWatcher::problem() const {
    if (!report_watch_.problem().empty())
        return "the report log cannot be watched: " + escape_cut(report_watch_.problem(), 512);
    if (!report_problem_.empty()) return report_problem_;
    if (files_ && !files_problem(*files_).empty()) return files_problem(*files_);
    if (!check_problem_.empty()) return check_problem_;
    if (!any_report_) return "there is no report of AIDE yet";
    return baseline_problem_;
}

// With enabled = "auto": neither AIDE's files nor a report, and nothing was ever accepted.
bool AideWatcher::is_absent() const {
    if (config_.enabled != Enabled::automatic || !baseline_readable_ || accepted_) return false;
    return files_ && files_->database_missing && !files_->config && !any_report_;
}

void AideWatcher::update_health() {
    Health health;
    health.absent = is_absent();
    health.reason = health.absent ? "AIDE is not on this device" : problem();
    health.can_look = health.absent || health.reason.empty();
    if (health.can_look && !omission_.empty()) health.reason = "the last report did not cover everything: " + omission_;
    if (told_health_ && told_health_->can_look == health.can_look && told_health_->absent == health.absent &&
        told_health_->reason == health.reason)
        return;
    told_health_ = health;
    context_.sink.health(std::move(health));
}

// Where there is no report to begin with, as after a start of a device that has only checks of its own, the first look
// is such a check: until it is over the watcher is starting, and then it is not blind. Without AIDE's files it would
// fail.
bool AideWatcher::begin_first_check() {
    if (any_report_ || first_check_begun_ || !command_.configured()) return false;
    if (!files_ || !files_problem(*files_).empty()) return false;
    first_check_begun_ = true;
    return command_.run().ok();
}

void AideWatcher::finish_look() {
    if (!look_open_ || reading_ || judging_command_ || checking_files_) return;
    if (settle_->running() || command_.running() || renewal_.running()) return;
    if (begin_first_check()) return;
    look_open_ = false;
    ++looks_;
    update_health();
    context_.sink.look_finished();
}

std::unique_ptr<Watcher> make_aide_watcher(const WatcherContext& context) {
    return std::make_unique<AideWatcher>(context);
}

std::map<std::string, std::uint64_t> AideWatcher::counters() const {
    std::map<std::string, std::uint64_t> counters = {{"looks", looks_},
                                                     {"reports", reports_},
                                                     {"reports_failed", reports_failed_},
                                                     {"rows", rows_},
                                                     {"report_bytes", bytes_}};
    command_.add_counters(counters);
    if (judging_command_) counters["check_running"] = 1;  // its report is being read: the check is not over
    targets_.add_counters(counters);
    renewal_.add_counters(counters);
    return counters;
}

}  // namespace integrityd
