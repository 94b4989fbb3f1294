#include "watchers/audit/audit_judge.hpp"

#include <utility>

namespace integrityd {

namespace {

AuditInterests interests_of(const AuditRules& rules) {
    AuditInterests interests = rules.interests();
    for (const std::uint16_t type : login_types())
        interests.types.push_back(type);
    return interests;
}

}  // namespace

AuditJudge::AuditJudge(const EventLoop& loop, const Config& config, FileTraces& traces, WatcherSink& sink)
    : loop_(loop),
      traces_(traces),
      sink_(sink),
      rules_(config),
      interest_(interests_of(rules_)),
      logins_(config.audit) {}

void AuditJudge::take(const AuditEvent& event) {
    ++counters_.events;
    if (!interest_.wants(event) || !told_.note(event.stamp)) return;
    ++counters_.judged;
    const AuditAct act = reader_.read(event);
    trace(act, true);
    for (AuditFinding& finding : rules_.judge(act, event))
        tell(std::move(finding));
    if (auto failed = logins_.take(act, event)) {
        told_something_ |= logins_.grew();
        sink_.report(std::move(*failed));
    }
}

void AuditJudge::take_history(const AuditEvent& event) {
    if (!interest_.wants(event)) return;
    const AuditAct act = reader_.read(event);
    trace(act, false);
    (void)logins_.take(act, event);
}

void AuditJudge::trace(const AuditAct& act, bool live) {
    for (FileTrace& trace : traces_of(act)) {
        traces_.add(trace);
        if (live) traces_.announce(trace);
    }
}

void AuditJudge::tell(AuditFinding finding) {
    ++counters_.findings;
    if (finding.seen.kind->nature == Nature::condition) {
        Look look;
        look.scope = {.source = "audit", .kinds = {finding.seen.kind}, .subjects = {{finding.seen.subject}}};
        look.complete = true;
        if (!finding.over) look.seen.push_back(std::move(finding.seen));
        told_something_ = true;
        return sink_.report(std::move(look));
    }
    const AuditRule* const rule = rules_.find(finding.rule);
    if (auto seen = storm_.take(std::move(finding), rule, loop_.now())) {
        told_something_ = true;
        sink_.report(std::move(*seen));
    }
}

void AuditJudge::tell_storms() {
    for (Observation& storm : storm_.grown(loop_.now()))
        sink_.report(std::move(storm));
}

}  // namespace integrityd
