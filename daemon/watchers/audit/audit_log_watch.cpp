#include "watchers/audit/audit_log_watch.hpp"

#include <algorithm>
#include <set>

#include "catalogue_kinds.hpp"
#include "core/config.hpp"
#include "core/escape.hpp"
#include "sources/audit_types.hpp"

namespace integrityd {

namespace {

const Kind& kind_of(AuditLogFinding::Kind finding) {
    switch (finding) {
        case AuditLogFinding::Kind::removed:
            return kinds::audit_log_removed;
        case AuditLogFinding::Kind::permissions:
            return kinds::audit_log_permissions;
        case AuditLogFinding::Kind::truncated:
        case AuditLogFinding::Kind::older_removed:  // with it the log is shorter, and was not rotated
            return kinds::audit_log_truncated;
        case AuditLogFinding::Kind::gap:
            return kinds::self_coverage_gap;
        case AuditLogFinding::Kind::replaced:
        case AuditLogFinding::Kind::rewritten:
            break;
    }
    return kinds::audit_log_rewritten;
}

Observation observation_of(const AuditLogFinding& finding) {
    Observation seen{.kind = &kind_of(finding.kind), .subject = escape_cut(finding.path, 4096)};
    seen.summary = escape_cut(finding.text, 1024);
    seen.evidence["finding"] = Value(to_string(finding.kind));
    if (finding.kind == AuditLogFinding::Kind::permissions) {
        seen.evidence["found"] = to_text(finding.rights);
        seen.evidence["expected"] = to_text(finding.expected);
    }
    if (finding.range.end > finding.range.begin) {
        seen.evidence["from_byte"] = finding.range.begin;
        seen.evidence["to_byte"] = finding.range.end;
    }
    return seen;
}

// A rotated file has another name with each rotation, and what is wrong with it is the same: all of them are one
// subject.
Observation observation_of_older(const std::string& path, const std::set<std::string>& wrong) {
    Observation seen{.kind = &kinds::audit_log_permissions, .subject = escape_cut(path + ".*", 4096)};
    seen.summary = escape_cut("of the files that were rotated one " + *wrong.begin(), 1024);
    ValueList found;
    for (const std::string& text : wrong)
        found.emplace_back(text);
    seen.evidence = {{"finding", to_string(AuditLogFinding::Kind::permissions)}, {"found", std::move(found)}};
    return seen;
}

}  // namespace

AuditLogWatch::AuditLogWatch(const WatcherContext& context, Handlers handlers)
    : context_(context),
      handlers_(std::move(handlers)),
      intake_({.record = [this](const AuditRecord& record) { take_record(record); }, .event = handlers_.event}),
      history_({.record = handlers_.history_record, .event = handlers_.history}),
      serials_([this](const AuditGap& gap) { tell_gap(gap); }, {}, [this](AuditGap& gap) { gap_opens(gap); }),
      log_(context.loop, context.worker, context.opener,
           {.path = context.config.audit.log, .rights = {}, .history = 8U << 20}, *this),
      timer_(context.loop.add_timer([this] { expire(); }, std::chrono::milliseconds(50))) {}

void AuditLogWatch::start(const AuditKeepsake& kept, bool same_boot) {
    if (kept.last && same_boot) serials_.go_on_behind(*kept.last);
    // The feed of this run did not see what was in them.
    for (const AuditGap& hole : kept.holes)
        serials_.open_again(hole, context_.loop.now());
    wait();
    log_.start(kept.log.empty() ? std::nullopt : std::optional(kept.log));
}

void AuditLogWatch::bytes(AuditLogPosition first, std::string_view bytes, bool history) {
    const Monotonic now = context_.loop.now();
    if (history) {
        history_.take(first, bytes, now);
        return intake_.begin_at(history_.read());
    }
    intake_.take(first, bytes, now);
    handlers_.delivered();
    wait();
}

void AuditLogWatch::take_record(const AuditRecord& record) {
    if (record.number == audit_type::daemon_start) {
        auditd_began_ = true;
        daemon_started_ = record.stamp.milliseconds;
    }
    if (!is_daemon_type(record.number)) {
        serials_.note(record, context_.loop.now());
        auditd_began_ = false;
    }
    handlers_.record(record);
}

void AuditLogWatch::caught_up() {
    history_.finish();
    live_ = true;
    handlers_.caught_up();
}

void AuditLogWatch::wait() {
    const auto event = intake_.deadline();
    const auto gap = serials_.deadline();
    if (!event && !gap) return timer_->stop();
    const Monotonic next = std::min(event.value_or(Monotonic::max()), gap.value_or(Monotonic::max()));
    timer_->start(std::max(Duration(0), next - context_.loop.now()));
}

void AuditLogWatch::expire() {
    intake_.expire(context_.loop.now());
    serials_.expire(context_.loop.now());
    handlers_.delivered();
    wait();
}

void AuditLogWatch::finding(const AuditLogFinding& finding) {
    if (finding.kind == AuditLogFinding::Kind::gap) return tell_lost_place(finding);
    context_.sink.report(observation_of(finding));
}

// Of every file: what an earlier run told, of a file that has another name now or is gone, is taken back, too.
void AuditLogWatch::condition(const AuditLogCondition& condition) {
    Look look;
    look.scope = {.source = "audit", .kinds = {&kind_of(condition.kind)}, .subjects = std::nullopt};
    look.complete = condition.complete;
    const std::string& path = context_.config.audit.log;
    std::set<std::string> older;
    for (const AuditLogFinding& finding : condition.found) {
        if (finding.kind == AuditLogFinding::Kind::permissions && finding.path.starts_with(path + "."))
            older.insert(finding.text);
        else
            look.seen.push_back(observation_of(finding));
    }
    if (!older.empty()) look.seen.push_back(observation_of_older(path, older));
    context_.sink.report(std::move(look));
}

// How many records that were is known when the next one is read, if there is a last one to count from.
void AuditLogWatch::tell_lost_place(const AuditLogFinding& finding) {
    handlers_.missing();
    lost_place_ = finding.text;
    if (serials_.highest()) return;
    context_.sink.report(observation_of(finding));
}

// Stamps are in milliseconds.
bool AuditLogWatch::is_on_feed(const AuditGap& gap) const {
    return feed_sees_since_ && gap.after * 1000 > *feed_sees_since_;
}

// When it is told auditd may have been started again, and what was caught up with then looks as if it was watched live.
void AuditLogWatch::gap_opens(AuditGap& gap) {
    gap.unread = std::exchange(lost_place_, std::nullopt).has_value();
    gap.told_elsewhere = live_ && !gap.unread && is_on_feed(gap);
    gap.auditd_began = auditd_began_ || (gap.after <= daemon_started_ && daemon_started_ <= gap.before);
}

void AuditLogWatch::tell_gap(const AuditGap& gap) {
    const bool auditd_began = gap.auditd_began;
    const bool we_were_away = gap.unread;
    handlers_.missing();
    // The feed may have dropped just these since.
    if (gap.told_elsewhere && is_on_feed(gap)) return;
    Observation seen{.kind = we_were_away ? &kinds::self_coverage_gap : &kinds::audit_log_gap};
    if (auditd_began && !we_were_away) {
        // Nobody cut them out: there was no auditd to write them, which is told by itself.
        seen.kind = &kinds::audit_records_lost;
        seen.severity = Severity::low;
    }
    seen.subject = we_were_away ? "audit log" : "serials";
    seen.summary = std::to_string(gap.count) + " events are missing: serials " + std::to_string(gap.from) + " to " +
                   std::to_string(gap.to);
    if (auditd_began) seen.summary += "; auditd was started in between";
    seen.evidence = {
        {"first_serial", std::uint64_t{gap.from}}, {"last_serial", std::uint64_t{gap.to}}, {"count", gap.count}};
    // Microseconds, as all times; records have milliseconds.
    seen.evidence["from"] = gap.after * 1000;
    seen.evidence["to"] = gap.before * 1000;
    context_.sink.report(std::move(seen));
}

void AuditLogWatch::blind(const std::string& reason) {
    live_ = false;
    set_problem(reason.empty() ? "the audit log cannot be read" : reason);
}

void AuditLogWatch::set_problem(const std::string& problem) {
    if (std::exchange(problem_, problem) != problem) handlers_.sight_changed();
}

std::map<std::string, std::uint64_t> AuditLogWatch::counters() const {
    auto counters = log_.counters();
    const AuditIntakeCounters intake = intake_.counters();
    const AuditAssemblyCounters& assembly = intake_.assembly();
    counters["log_lines"] = intake.lines;
    counters["log_lines_malformed"] = intake.malformed;
    counters["log_lines_cut"] = intake.cut;
    counters["log_records"] = assembly.records;
    counters["log_events"] = assembly.events;
    counters["log_events_cut"] = assembly.cut;
    counters["log_events_late"] = assembly.late;
    counters["log_serials_missing"] = serials_.missing();
    return counters;
}

}  // namespace integrityd
