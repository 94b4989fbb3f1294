#include "watchers/audit/audit_feed_watch.hpp"

#include <algorithm>

#include "catalogue_kinds.hpp"
#include "sources/audit_types.hpp"
#include "watchers/audit/audit_status_judge.hpp"

namespace integrityd {

namespace {

// How often what is waited for is looked at, while there is something.
constexpr Duration tick = std::chrono::seconds(1);

void join_in_lane(Worker& worker, Opener& opener, const AuditFeed::Joined& joined) {
    const auto submitted = worker.run(
        Lane::audit, [&opener] { return std::make_shared<Result<UniqueFd>>(opener.join_audit_feed()); },
        [joined](const std::shared_ptr<Result<UniqueFd>>& found) { joined(std::move(*found)); });
    if (!submitted) joined(submitted.error());
}

}  // namespace

AuditFeedWatch::AuditFeedWatch(const WatcherContext& context, AuditJudge& judge, Handlers handlers)
    : context_(context),
      judge_(judge),
      handlers_(std::move(handlers)),
      feed_(context.loop,
            [this](const AuditFeed::Joined& joined) {
                cross_.feed_joining();
                join_in_lane(context_.worker, context_.opener, joined);
            },
            {.record = [this](std::uint16_t type, std::string_view payload) { take(type, payload); },
             .lost = [this](const AuditFeedLoss& loss) { lost(loss); },
             .joined = [this] { joined(); },
             .down = [this](const Error& error) { down(error); }}),
      assembler_([this](const AuditEvent& event) { take_event(event); }),
      hold_([this](const AuditEvent& event) { judge_.take(event); }),
      timer_(context.loop.add_timer([this] { look(); }, std::chrono::milliseconds(100))) {}

void AuditFeedWatch::take(std::uint16_t type, std::string_view payload) {
    const auto record = scan_audit_message(type, payload);
    if (!record || is_daemon_type(record->number)) return;
    const Monotonic now = context_.loop.now();
    cross_.on_feed(record->stamp, now);
    handlers_.record(*record);
    assembler_.add(*record, now);
    assembler_.keep();
    wait();
}

void AuditFeedWatch::take_event(const AuditEvent& event) {
    if (judge_.wants(event) && !judge_.told().contains(event.stamp)) hold_.add(event, context_.loop.now());
}

void AuditFeedWatch::in_log(const AuditRecord& record) {
    if (record.number == audit_type::daemon_start) auditd_started_ = record.stamp.milliseconds;
    if (is_daemon_type(record.number)) return;
    cross_.in_log(record.stamp, context_.loop.now());
    hold_.found_in_log(record.stamp);
}

// It is in the log, and yet it is told from the feed: history is not.
void AuditFeedWatch::in_history(const AuditRecord& record) {
    if (!is_daemon_type(record.number)) cross_.in_log(record.stamp, context_.loop.now());
}

void AuditFeedWatch::log_live() {
    cross_.log_live(context_.loop.now());
}

void AuditFeedWatch::set_auditd(bool there) {
    auditd_ = there;
    hold_.set_log_written(auditd_ && !silent_since_);
}

void AuditFeedWatch::joined() {
    problem_.clear();
    whole_since_ = context_.clock.wall();
    cross_.feed_joined();
    handlers_.sight_changed();
}

void AuditFeedWatch::down(const Error& error) {
    problem_ = "the kernel's audit feed cannot be followed: " + error.message;
    cross_.feed_left();
    handlers_.sight_changed();
}

// What the kernel could not hand to us it handed to auditd nevertheless: the log is the record, we were not live.
void AuditFeedWatch::lost(const AuditFeedLoss& loss) {
    lost_ += loss.records;
    whole_since_ = context_.clock.wall();
    Observation seen{.kind = &kinds::self_queue_overflow, .subject = "audit feed"};
    seen.summary = (loss.exact ? "" : "at least ") + std::to_string(lost_) +
                   " records of the kernel's feed came faster than they were taken; the log has them";
    seen.evidence = {{"dropped", lost_}, {"exact", loss.exact}};
    seen.severity = Severity::low;
    context_.sink.report(std::move(seen));
    handlers_.sight_changed();
}

void AuditFeedWatch::look() {
    const Monotonic now = context_.loop.now();
    assembler_.expire(now);
    hold_.expire(now);
    if (const auto missing = cross_.expire(now)) tell_missing(*missing);
    tell_silence();
    wait();
}

void AuditFeedWatch::tell_missing(const AuditMissing& missing) {
    missing_ += missing.count;
    handlers_.missing();
    Observation seen = records_missing(missing);
    const bool auditd_began =
        missing.first.milliseconds <= auditd_started_ && auditd_started_ <= missing.last.milliseconds + 5000;
    // There was no auditd to write them, which is told by itself; nobody took them out.
    if (auditd_began) {
        seen.severity = Severity::low;
        seen.summary += "; auditd was started in between";
    }
    context_.sink.report(std::move(seen));
}

void AuditFeedWatch::tell_silence() {
    const Monotonic now = context_.loop.now();
    const auto since = cross_.log_is_silent_since(now);
    if (since.has_value() == silent_since_.has_value()) return;
    silent_since_ = since;
    hold_.set_log_written(auditd_ && !silent_since_);
    if (!since) return handlers_.log_silent(std::nullopt);
    handlers_.log_silent(context_.clock.wall() - static_cast<WallTime>((now - *since).count()));
}

// Idle costs nothing: the timer runs only while something is waited for.
void AuditFeedWatch::wait() {
    const bool waiting = cross_.waiting() > 0 || hold_.size() > 0 || assembler_.deadline() || silent_since_;
    if (waiting && !timer_->running()) timer_->start(tick);
}

std::map<std::string, std::uint64_t> AuditFeedWatch::counters() const {
    const AuditFeedCounters& feed = feed_.counters();
    return {{"feed_records", feed.records},     {"feed_lost", feed.lost},           {"feed_overruns", feed.overruns},
            {"feed_strangers", feed.strangers}, {"feed_malformed", feed.malformed}, {"feed_joins", feed.joins},
            {"feed_not_in_log", missing_},      {"feed_held", hold_.size()}};
}

}  // namespace integrityd
