// AuditFeedWatch: the kernel's own feed beside the log: what the log lacks, and what nobody writes down.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "sources/audit_feed.hpp"
#include "watchers/audit/audit_cross_check.hpp"
#include "watchers/audit/audit_hold.hpp"
#include "watchers/audit/audit_judge.hpp"
#include "watchers/watcher.hpp"

namespace integrityd {

class AuditFeedWatch {
public:
    struct Handlers {
        std::function<void(const AuditRecord&)> record;  // each, as it happens
        std::function<void()> sight_changed;             // sees_since() or problem() is another one
        std::function<void()> missing;                   // the log lacks something
        // Nothing comes into the log although events happen, since then; none: it does.
        std::function<void(std::optional<WallTime>)> log_silent;
    };
    AuditFeedWatch(const WatcherContext& context, AuditJudge& judge, Handlers handlers);

    void start() { feed_.start(); }

    // Of the log: a record was read; all of it is read, or cannot be.
    void in_log(const AuditRecord& record);
    // What the log held before it was first looked at; the feed may have been joined before that.
    void in_history(const AuditRecord& record);
    void log_live();
    void log_not_live() { cross_.log_not_live(); }
    // Whether somebody writes the log, as far as the kernel knows.
    void set_auditd(bool there);
    // Tells what is known to be missing, and how long nothing has come.
    void look();

    // Since when it missed nothing; none: it is not joined.
    [[nodiscard]] std::optional<WallTime> sees_since() const {
        return feed_.is_joined() ? std::optional(whole_since_) : std::nullopt;
    }
    [[nodiscard]] const std::string& problem() const { return problem_; }
    [[nodiscard]] std::map<std::string, std::uint64_t> counters() const;

private:
    void take(std::uint16_t type, std::string_view payload);
    void take_event(const AuditEvent& event);
    void joined();
    void down(const Error& error);
    void lost(const AuditFeedLoss& loss);
    void tell_missing(const AuditMissing& missing);
    void tell_silence();
    void wait();

    WatcherContext context_;
    AuditJudge& judge_;
    Handlers handlers_;
    AuditFeed feed_;
    AuditAssembler assembler_;
    AuditCrossCheck cross_;
    AuditHold hold_;
    std::unique_ptr<Timer> timer_;
    std::string problem_ = "the kernel's audit feed is not joined yet";
    WallTime whole_since_ = 0;  // it was joined, or lost something last
    bool auditd_ = true;
    std::optional<Monotonic> silent_since_;
    std::uint64_t missing_ = 0;         // events that the log does not have
    std::uint64_t lost_ = 0;            // records that we did not get
    std::uint64_t auditd_started_ = 0;  // ms since 1970: the last DAEMON_START in the log
};

}  // namespace integrityd
