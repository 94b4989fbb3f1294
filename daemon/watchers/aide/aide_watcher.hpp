// AideWatcher: the way of a report from AIDE to what is told of it.
//
// Three things are looked at: the report log (when AIDE has written it, or when integrityd ran AIDE
// itself), AIDE's database and configuration (when replaced, with each check, and every so often),
// and the age of the last finished check. Over a restart only the end and the identity of the log's
// last good report are kept: reading it again tells the same evidence, which is a repeat, or nothing
// where checks of single paths may have said something newer.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/config.hpp"
#include "core/waiters.hpp"
#include "watchers/aide/aide_baseline.hpp"
#include "watchers/aide/aide_command.hpp"
#include "watchers/aide/aide_difference.hpp"
#include "watchers/aide/aide_directory_watch.hpp"
#include "watchers/aide/aide_files.hpp"
#include "watchers/aide/aide_judge.hpp"
#include "watchers/aide/aide_overdue.hpp"
#include "watchers/aide/aide_path_words.hpp"
#include "watchers/aide/aide_renewal.hpp"
#include "watchers/aide/aide_report_file.hpp"
#include "watchers/aide/aide_targets.hpp"
#include "watchers/watcher.hpp"

namespace integrityd {

class AideWatcher final : public Watcher {
public:
    explicit AideWatcher(WatcherContext context);
    ~AideWatcher() override;

    [[nodiscard]] std::string_view name() const override { return "aide"; }
    void start() override;
    Result<void> check() override;
    [[nodiscard]] WallTime next_look() const override { return command_.next(); }
    [[nodiscard]] std::map<std::string, std::uint64_t> counters() const override;
    [[nodiscard]] std::vector<const Kind*> baseline_kinds() const override;
    [[nodiscard]] Result<BaselineDiff> diff_baseline() override;
    void when_settled(const std::function<void()>& then) override;
    Result<void> accept_baseline(std::string_view digest, const Wanted& wanted) override;
    Result<void> import_baseline(const ValueMap& document) override;
    Result<void> begin_acceptance(std::string_view digest, const Wanted& wanted, const Accepted& accepted) override;

private:
    void report_changed(AideDirectoryWatch::Change change);
    void settled();
    void read_report(bool closed);
    void look_by_new_baseline();
    void open_failed(const Error& error);
    void reports_read(const AideFileReports& found, const AideFileStamp& stamp);
    void keep(WallTime end, const std::string& identity);
    void restore();
    void command_ended(AideCommandResult result);
    void command_report_read(const AideFileReports& found, const AideRun& run);
    void take(const std::shared_ptr<const AideReport>& report, const AideRun& run);
    void tell_entries(Look look);
    void tell_whole_check(const std::shared_ptr<const AideReport>& report, Look look);
    [[nodiscard]] std::vector<std::string> accepted_databases() const;
    void tell_check(const std::vector<std::string>& failures, bool complete);

    void begin_path_checks();
    void paths_checked(const AideReport& report, const std::vector<std::string>& paths);
    void paths_failed(const std::string& reason);
    void make_up_for_path_checks(const AideReport& report);

    void check_files();
    void files_read(AideFiles files, std::uint64_t pins);
    void load_accepted();

    [[nodiscard]] bool may_be_accepted() const;
    Result<void> pin(const std::vector<std::string>& databases);
    void renewed(const Result<std::string>& made, bool pinned);

    void tell_overdue(bool overdue, WallTime last_end);
    void update_health();
    [[nodiscard]] bool is_absent() const;
    void weigh_loss(Look& look) const;
    [[nodiscard]] std::string problem() const;
    [[nodiscard]] bool begin_first_check();
    void finish_look();

    WatcherContext context_;
    const AideConfig& config_;
    // Continuations of jobs that are under way ask for it: gone with the watcher.
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
    AideBaseline baseline_;
    AideCommand command_;
    AideOverdue overdue_;
    AideDirectoryWatch report_watch_;
    AideDirectoryWatch database_watch_;
    AideDirectoryWatch config_watch_;
    AideRenewal renewal_;
    AideTargets targets_;
    AidePathWords words_;
    std::optional<Monotonic> paths_unchecked_;  // since then paths may be unchecked; none: all were
    std::unique_ptr<Timer> settle_;             // a report that is not finished: cut off when nothing follows
    std::unique_ptr<Timer> files_settle_;       // joins the changes of one replacement
    std::unique_ptr<Timer> files_timer_;

    bool reading_ = false;
    bool closed_again_ = false;
    bool read_again_ = false;  // something came meanwhile
    bool forced_ = false;      // take the newest report also when it was taken already
    bool judge_unfinished_ = false;
    bool judge_again_ = false;  // when it is known which database is there
    bool judging_command_ = false;
    bool checking_files_ = false;
    bool check_files_again_ = false;
    bool look_open_ = false;  // look_finished() is owed

    std::optional<AideFileStamp> taken_stamp_;
    std::string taken_identity_;  // of the last report of the log
    WallTime told_end_ = 0;       // of the one that was told before our start
    std::string told_identity_;
    std::string command_identity_;  // of the last report of a check of our own, which AIDE may write to the log as well
    Waiters waiting_for_files_;
    std::optional<AideFiles> files_;
    std::optional<AideAccepted> accepted_;
    std::string baseline_problem_;
    bool baseline_readable_ = true;
    std::uint64_t pins_ = 0;                    // acceptances; what was read before the last one may be old
    std::optional<AideDifference> difference_;  // of the last report, made with the database of this digest
    std::string difference_database_;
    AideAccepted wanted_;                 // while a new database is made: what was shown
    std::optional<AideAccepted> before_;  // and what was accepted before
    Accepted accepted_then_;
    AideExpectations last_;  // what the last finished check told of itself
    bool any_report_ = false;
    bool first_check_begun_ = false;
    // The report log could not be opened: once more, when it has settled, before that is told.
    enum class Reopen : std::uint8_t { no, later, now };
    Reopen reopen_ = Reopen::no;
    std::string report_problem_;  // the report cannot be read
    std::string check_problem_;   // the last report cannot be relied on
    std::string omission_;        // the last report did not cover everything
    std::optional<Health> told_health_;

    std::uint64_t looks_ = 0;
    std::uint64_t reports_ = 0;
    std::uint64_t reports_failed_ = 0;
    std::uint64_t rows_ = 0;
    std::uint64_t bytes_ = 0;
};

// For the list of watchers.
[[nodiscard]] std::unique_ptr<Watcher> make_aide_watcher(const WatcherContext& context);

}  // namespace integrityd
