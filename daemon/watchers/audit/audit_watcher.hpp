// AuditWatcher: audit records as they happen, the log that keeps them, and the state of audit itself.
//
// Events are judged from the log, whose cursor makes sure that none is told twice or lost over a restart; the kernel's
// feed tells what the log lacks and stands in where nobody writes it.
#pragma once

#include <memory>
#include <string>

#include "watchers/audit/audit_feed_watch.hpp"
#include "watchers/audit/audit_judge.hpp"
#include "watchers/audit/audit_log_watch.hpp"
#include "watchers/audit/audit_status_watch.hpp"
#include "watchers/watcher.hpp"

namespace integrityd {

class AuditWatcher final : public Watcher {
public:
    explicit AuditWatcher(const WatcherContext& context);
    ~AuditWatcher() override;

    [[nodiscard]] std::string_view name() const override { return "audit"; }
    void start() override;
    Result<void> check() override;
    [[nodiscard]] WallTime next_look() const override { return 0; }
    [[nodiscard]] std::map<std::string, std::uint64_t> counters() const override;
    [[nodiscard]] std::vector<const Kind*> baseline_kinds() const override;
    [[nodiscard]] Result<BaselineDiff> diff_baseline() override;
    void when_settled(const std::function<void()>& then) override { status_.when_settled(then); }
    Result<void> accept_baseline(std::string_view digest, const Wanted& wanted) override;
    Result<void> import_baseline(const ValueMap& document) override;

private:
    void take_back_of_other_boot();
    void record_of_log(const AuditRecord& record);
    void notice(const AuditRecord& record);
    void delivered();
    void caught_up();
    void status_looked();
    void sight_changed();
    void keep_within(Duration time);
    void keep();
    void tell_recording();
    void recording_broke();
    [[nodiscard]] std::string problem() const;
    void await_look();
    void finish_look();

    WatcherContext context_;
    const AuditConfig& config_;
    AuditKeepsake kept_;
    AuditJudge judge_;
    AuditStatusWatch status_;
    AuditLogWatch log_;
    std::unique_ptr<AuditFeedWatch> feed_;  // none: [audit] netlink = false
    std::unique_ptr<Timer> keep_timer_;
    Monotonic keep_due_{};
    bool look_open_ = false;  // look_finished() is owed
    bool log_looked_ = false;
    bool status_looked_ = false;
    bool hole_told_ = false;     // and that was not kept yet
    bool switched_off_ = false;  // by a record, and the status was not looked at since
    std::uint64_t looks_ = 0;
    std::optional<std::string> told_problem_;
};

// For the list of watchers.
[[nodiscard]] std::unique_ptr<Watcher> make_audit_watcher(const WatcherContext& context);

}  // namespace integrityd
