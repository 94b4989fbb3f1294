#include "watchers/audit/audit_watcher.hpp"

#include "catalogue_kinds.hpp"
#include "core/escape.hpp"
#include "sources/audit_types.hpp"
#include "watchers/audit/audit_builtin.hpp"

namespace integrityd {

namespace {

// How late a cursor may be where nothing was told: so much is read again after a crash, for nothing.
constexpr Duration keep_after = std::chrono::seconds(1);

// Records by which the state of audit may have become another one.
bool says_of_audit(std::uint16_t type) {
    return type == audit_type::config_change || is_daemon_type(type);
}

}  // namespace

AuditWatcher::AuditWatcher(const WatcherContext& context)
    : context_(context),
      config_(context.config.audit),
      kept_(parse_audit_keepsake(context.sink.kept().value_or(""))),
      judge_(context.loop, context.config, context.traces, context.sink),
      status_(context,
              {.look = [this](Look look) { context_.sink.report(std::move(look)); },
               .happening =
                   [this](Observation seen) {
                       recording_broke();
                       context_.sink.report(std::move(seen));
                   },
               .looked = [this] { status_looked(); }},
              kept_.lost, process_is_alive),
      log_(context, {.record = [this](const AuditRecord& record) { record_of_log(record); },
                     .event = [this](const AuditEvent& event) { judge_.take(event); },
                     .history_record =
                         [this](const AuditRecord& record) {
                             if (feed_) feed_->in_history(record);
                         },
                     .history = [this](const AuditEvent& event) { judge_.take_history(event); },
                     .delivered = [this] { delivered(); },
                     .caught_up = [this] { caught_up(); },
                     .sight_changed = [this] { sight_changed(); },
                     .missing =
                         [this] {
                             recording_broke();
                             hole_told_ = true;
                         }}),
      keep_timer_(context.loop.add_timer([this] { keep(); }, std::chrono::milliseconds(100))) {
    judge_.told().take(kept_.told);
    if (!config_.netlink) return;
    feed_ = std::make_unique<AuditFeedWatch>(
        context, judge_,
        AuditFeedWatch::Handlers{.record = [this](const AuditRecord& record) { notice(record); },
                                 .sight_changed = [this] { sight_changed(); },
                                 .missing = [this] { recording_broke(); },
                                 .log_silent =
                                     [this](std::optional<WallTime> since) {
                                         status_.set_log_silent(since);
                                         status_.look_now();
                                     }});
}

AuditWatcher::~AuditWatcher() {
    keep();
    // Nobody knows from now on what leaves a trace.
    context_.traces.set_recorded_since(std::nullopt);
}

// The feed first: what happens while the log is caught up with is on it.
void AuditWatcher::start() {
    look_open_ = true;
    const bool same_boot = kept_.lost && kept_.lost->boot_id == context_.clock.boot_id();
    if (kept_.lost && !same_boot) take_back_of_other_boot();
    if (feed_) feed_->start();
    log_.start(kept_, same_boot);
    status_.look_now();
}

// What was taken out of a kernel that runs no more. That it is loaded again is recorded only where audit was on before
// auditd began (audit=1), so that nothing else would ever take it back.
void AuditWatcher::take_back_of_other_boot() {
    Look look;
    look.scope = {.source = "audit", .kinds = {&kinds::audit_mac_disabled}, .subjects = std::nullopt};
    look.complete = true;
    context_.sink.report(std::move(look));
}

Result<void> AuditWatcher::check() {
    look_open_ = true;
    status_looked_ = false;
    if (feed_) feed_->look();
    log_.check();
    status_.look_now();
    return {};
}

void AuditWatcher::record_of_log(const AuditRecord& record) {
    if (feed_) feed_->in_log(record);
    notice(record);
}

void AuditWatcher::notice(const AuditRecord& record) {
    if (!says_of_audit(record.number)) return;
    status_.look_soon();
    if (!switches_audit_off(record) || result_of(record) == AuditResult::failure) return;
    switched_off_ = true;
    recording_broke();
}

// What was told and how far was read belong into one commit. During a storm that is when its number is told; where
// nothing was told it may be late.
void AuditWatcher::delivered() {
    const bool told = judge_.take_told_something() || hole_told_;
    const bool storm = judge_.storm_grows();
    if (told && !storm) return keep();
    keep_within(storm && !told ? judge_.storm_pause() : keep_after);
}

void AuditWatcher::keep_within(Duration time) {
    const Monotonic due = context_.loop.now() + time;
    if (keep_timer_->running() && keep_due_ <= due) return;
    keep_due_ = due;
    keep_timer_->start(time);
}

void AuditWatcher::keep() {
    keep_timer_->stop();
    judge_.tell_storms();
    (void)judge_.take_told_something();
    hole_told_ = false;
    if (std::string log = log_.cursor(); !log.empty()) kept_.log = std::move(log);
    kept_.told = judge_.told().text();
    kept_.last = log_.last();
    kept_.holes = log_.holes();
    kept_.lost = status_.lost_mark();
    context_.sink.keep(to_text(kept_));
}

void AuditWatcher::caught_up() {
    if (feed_) feed_->log_live();
    tell_recording();
    // Later pieces are kept by delivered(): a reader that keeps up with its writer is at the end after each of them.
    if (!std::exchange(log_looked_, true)) keep();
    finish_look();
}

void AuditWatcher::status_looked() {
    status_looked_ = true;
    if (status_.status() && !status_.is_due()) switched_off_ = false;
    log_.expect_group(status_.log_group());
    if (feed_ && status_.status()) feed_->set_auditd(status_.status()->kernel.pid != 0);
    tell_recording();
    sight_changed();
    finish_look();
}

// Whether an act leaves a trace now: the log is read, and auditing not known to be off. What the kernel lost, or what
// the log lacks, begins it anew.
void AuditWatcher::tell_recording() {
    const bool off = switched_off_ || (status_.status() && status_.status()->kernel.enabled == 0);
    if (off || !log_.problem().empty()) return context_.traces.set_recorded_since(std::nullopt);
    if (log_.is_live() && !context_.traces.recorded_since()) context_.traces.set_recorded_since(context_.clock.wall());
}

void AuditWatcher::recording_broke() {
    context_.traces.set_recorded_since(std::nullopt);
    tell_recording();
}

void AuditWatcher::sight_changed() {
    log_.set_feed_sees_since(feed_ ? feed_->sees_since() : std::nullopt);
    if (!log_.problem().empty()) {
        log_looked_ = true;  // it was tried
        tell_recording();
        if (feed_) feed_->log_not_live();
    }
    const std::string found = problem();
    if (told_problem_ != found) {
        told_problem_ = found;
        context_.sink.health({.can_look = found.empty(), .reason = found});
    }
    finish_look();
}

std::string AuditWatcher::problem() const {
    if (!log_.problem().empty()) return escape_cut(log_.problem(), 512);
    if (feed_ && !feed_->problem().empty()) return escape_cut(feed_->problem(), 512);
    return status_.problem();
}

void AuditWatcher::finish_look() {
    if (!look_open_ || !log_looked_ || !status_looked_) return;
    look_open_ = false;
    ++looks_;
    context_.sink.look_finished();
}

std::map<std::string, std::uint64_t> AuditWatcher::counters() const {
    auto counters = log_.counters();
    if (feed_) counters.merge(feed_->counters());
    const AuditJudgeCounters& judged = judge_.counters();
    counters["looks"] = looks_;
    counters["events"] = judged.events;
    counters["events_judged"] = judged.judged;
    counters["findings"] = judged.findings;
    counters["findings_folded"] = judge_.folded();
    counters["traces"] = context_.traces.size();
    if (const auto& status = status_.status()) {
        counters["kernel_lost"] = status->kernel.lost;
        counters["kernel_backlog"] = status->kernel.backlog;
    }
    return counters;
}

std::vector<const Kind*> AuditWatcher::baseline_kinds() const {
    return AuditStatusWatch::baseline_kinds();
}

Result<BaselineDiff> AuditWatcher::diff_baseline() {
    return status_.diff_baseline();
}

Result<void> AuditWatcher::accept_baseline(std::string_view digest, const Wanted& wanted) {
    if (auto accepted = status_.accept_baseline(digest, wanted); !accepted) return accepted;
    await_look();
    return {};
}

Result<void> AuditWatcher::import_baseline(const ValueMap& document) {
    if (auto imported = status_.import_baseline(document); !imported) return imported;
    await_look();
    return {};
}

// The look that follows settles it, and whoever accepted waits for its end.
void AuditWatcher::await_look() {
    look_open_ = true;
    status_looked_ = false;
}

std::unique_ptr<Watcher> make_audit_watcher(const WatcherContext& context) {
    return std::make_unique<AuditWatcher>(context);
}

}  // namespace integrityd
