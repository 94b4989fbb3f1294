// AuditJudge: what becomes of each event: a trace, a finding, or nothing. Each event is judged once, wherever it came
// from.
#pragma once

#include <cstdint>
#include <utility>

#include "watchers/audit/audit_act.hpp"
#include "watchers/audit/audit_logins.hpp"
#include "watchers/audit/audit_rules.hpp"
#include "watchers/audit/audit_storm.hpp"
#include "watchers/audit/audit_told.hpp"
#include "watchers/audit/audit_trace.hpp"
#include "watchers/file_traces.hpp"
#include "watchers/watcher.hpp"

namespace integrityd {

struct AuditJudgeCounters {
    std::uint64_t events = 0;
    std::uint64_t judged = 0;    // those whose fields were read
    std::uint64_t findings = 0;  // of rules, before storms were folded
};

class AuditJudge {
public:
    AuditJudge(const EventLoop& loop, const Config& config, FileTraces& traces, WatcherSink& sink);

    // Whether anybody wants to know more of it; cheap.
    [[nodiscard]] bool wants(const AuditEvent& event) { return interest_.wants(event); }
    void take(const AuditEvent& event);
    // An event of before we started: for traces and for counting logins, told it was then.
    void take_history(const AuditEvent& event);

    // Tells the storms that grew.
    void tell_storms();
    [[nodiscard]] bool storm_grows() const { return storm_.has_grown(); }
    // How long a storm that grows need not be told.
    [[nodiscard]] Duration storm_pause() const { return storm_.pause(loop_.now()); }
    // Whether something was told since the last call, storms and repeats aside.
    [[nodiscard]] bool take_told_something() { return std::exchange(told_something_, false); }

    [[nodiscard]] AuditTold& told() { return told_; }
    [[nodiscard]] const AuditJudgeCounters& counters() const { return counters_; }
    [[nodiscard]] std::uint64_t folded() const { return storm_.folded(); }

private:
    void tell(AuditFinding finding);
    void trace(const AuditAct& act, bool live);

    const EventLoop& loop_;
    FileTraces& traces_;
    WatcherSink& sink_;
    AuditRules rules_;
    AuditInterest interest_;
    AuditActReader reader_;
    AuditStorm storm_;
    AuditLogins logins_;
    AuditTold told_;
    AuditJudgeCounters counters_;
    bool told_something_ = false;
};

}  // namespace integrityd
