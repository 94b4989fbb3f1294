// AuditLogWatch: auditd's log, as events and as an object: what is wrong with it, and which serials it lacks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sources/audit_log.hpp"
#include "sources/audit_serials.hpp"
#include "watchers/audit/audit_intake.hpp"
#include "watchers/audit/audit_keepsake.hpp"
#include "watchers/watcher.hpp"

namespace integrityd {

class AuditLogWatch final : private AuditLogListener {
public:
    struct Handlers {
        std::function<void(const AuditRecord&)> record;  // of the log, once each
        std::function<void(const AuditEvent&)> event;    // the same, whole
        std::function<void(const AuditRecord&)> history_record;
        std::function<void(const AuditEvent&)> history;  // told before a restart, or there before the first start
        std::function<void()> delivered;                 // a piece was read; a cursor may be kept
        std::function<void()> caught_up;                 // all that is there was read; the first time, and each time
        std::function<void()> sight_changed;             // problem() is another one
        std::function<void()> missing;                   // something is known not to be in it, and told next
    };
    AuditLogWatch(const WatcherContext& context, Handlers handlers);

    // Goes on where the run before came to. `same_boot`: serials go on, too.
    void start(const AuditKeepsake& kept, bool same_boot);

    // Everything before it was handed on.
    [[nodiscard]] std::string cursor() const { return log_.cursor(intake_.safe()); }
    [[nodiscard]] std::optional<AuditStamp> last() const { return serials_.highest(); }
    [[nodiscard]] std::vector<AuditGap> holes() const { return serials_.open(); }
    // Why it cannot be read; empty: it can.
    [[nodiscard]] const std::string& problem() const { return problem_; }
    [[nodiscard]] bool is_live() const { return live_; }
    // Since when somebody else sees all that the log may lack (the kernel's feed), which tells holes then; none:
    // nobody.
    void set_feed_sees_since(std::optional<WallTime> since) { feed_sees_since_ = since; }
    // As AuditLog's.
    void check() { log_.check(); }
    void expect_group(std::optional<gid_t> group) { log_.expect_group(group); }

    [[nodiscard]] std::map<std::string, std::uint64_t> counters() const;

private:
    void bytes(AuditLogPosition first, std::string_view bytes, bool history) override;
    void caught_up() override;
    void file_changed() override {}
    void finding(const AuditLogFinding& finding) override;
    void condition(const AuditLogCondition& condition) override;
    void blind(const std::string& reason) override;
    void seeing() override { set_problem(""); }

    void take_record(const AuditRecord& record);
    [[nodiscard]] bool is_on_feed(const AuditGap& gap) const;
    void gap_opens(AuditGap& gap);
    void tell_gap(const AuditGap& gap);
    void tell_lost_place(const AuditLogFinding& finding);
    void set_problem(const std::string& problem);
    void expire();
    void wait();

    WatcherContext context_;
    Handlers handlers_;
    AuditIntake intake_;
    AuditIntake history_;
    AuditSerials serials_;
    AuditLog log_;
    std::unique_ptr<Timer> timer_;
    std::string problem_;
    bool live_ = false;
    std::optional<WallTime> feed_sees_since_;
    std::optional<std::string> lost_place_;  // why: the next hole is what was written meanwhile
    std::uint64_t daemon_started_ = 0;       // ms since 1970: auditd's last DAEMON_START
    bool auditd_began_ = false;              // since the last record of the kernel
};

}  // namespace integrityd
