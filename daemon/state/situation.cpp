#include "state/situation.hpp"

#include <algorithm>
#include <cerrno>

#include "core/catalogue_kinds.hpp"

namespace integrityd {

namespace {

using namespace std::chrono_literals;

// How often a store that refused is tried again: soon enough for a disk that was cleaned up, seldom
// enough not to fill the journal.
constexpr Duration retry_delay = 5s;
// Violations folded at a time: about as much room as a step of pruning gives.
constexpr std::size_t fold_step = 500;

}  // namespace

EventDraft draft_of(const Clock& clock, EventType type) {
    EventDraft told;
    told.time = clock.wall();
    told.boottime = clock.boottime();
    told.boot_id = clock.boot_id();
    told.clock = clock.state();
    told.type = type;
    return told;
}

Situation::Situation(EventLoop& loop, const Clock& clock, Store& store, Callbacks callbacks)
    : loop_(loop),
      clock_(clock),
      store_(store),
      callbacks_(std::move(callbacks)),
      ledger_(store.next_id()),
      since_(clock.wall()),
      repeats_timer_(loop.add_timer([this] { flush_late(); }, 1s)),
      retry_timer_(loop.add_timer([this] { commit(); }, 10ms)) {
    recorder_ = std::make_unique<Recorder>(
        store, Recorder::Callbacks{.stored = [this](std::span<const Event> events) { events_stored(events); },
                                   .unwritable = [this](const Error& error) { store_failed(error); },
                                   .writable = [this](std::uint64_t dropped) { store_works(dropped); }});
}

Situation::~Situation() {
    *alive_ = false;
}

Result<std::unique_ptr<Situation>> Situation::open(EventLoop& loop, const Clock& clock, Store& store,
                                                   Callbacks callbacks) {
    auto entries = store.load_entries();
    if (!entries) return entries.error();
    std::unique_ptr<Situation> situation(new Situation(loop, clock, store, std::move(callbacks)));
    situation->ledger_.restore(std::move(*entries));
    return situation;
}

void Situation::configure(Settings settings) {
    settings_ = std::move(settings);
    ledger_.set_rules(settings_.rules);
    schedule_flush();
}

void Situation::report(const Look& look) {
    record(ledger_.apply(look, clock_.wall()));
}

void Situation::report(const Observation& seen) {
    record(ledger_.apply(seen, clock_.wall()));
}

void Situation::clear(const Kind& kind, const std::string& subject) {
    Look look;
    look.scope = {.source = std::string(kind.source), .kinds = {&kind}, .subjects = std::vector{subject}};
    look.complete = true;
    report(look);
}

void Situation::notice(std::string_view kind, ValueMap data, std::optional<Requester> by) {
    EventDraft told = draft_of(clock_, EventType::notice);
    told.by = std::move(by);
    told.data = std::move(data);
    told.data.insert_or_assign("kind", Value(kind));
    recorder_->add(std::move(told));
    schedule_flush();
}

Result<void> Situation::acknowledge(const std::vector<std::uint64_t>& ids, const Requester& by,
                                    std::string_view comment) {
    if (auto found = find_all(ids); !found) return found;
    auto changes = ledger_.acknowledge(ids, by, comment, clock_.wall());
    if (!changes) return changes.error();
    record(std::move(*changes), by);
    return {};
}

// Nobody may believe to have acknowledged what another violation stands for by now. While the store refuses it does not
// know everything that was resolved.
Result<void> Situation::find_all(const std::vector<std::uint64_t>& ids) {
    for (const std::uint64_t id : ids) {
        if (ledger_.find(id) != nullptr || !recorder_->writable()) continue;
        const auto known = store_.violation(id);
        if (!known) return known.error();
        if (*known) continue;
        std::string missing = "there is no violation " + std::to_string(id);
        if (const Violation* const fold = ledger_.present(kinds::self_queue_overflow, "folded"))
            missing += "; it may be one of those that violation " + std::to_string(fold->id) + " stands for";
        return Error{std::move(missing), ENOENT};
    }
    return {};
}

void Situation::set_watcher(const std::string& name, WatcherState state) {
    const auto known = watchers_.find(name);
    if (known != watchers_.end() && known->second == state) return;
    watchers_[name] = state;
    schedule_flush();
}

bool Situation::violated(std::string_view source) const {
    return std::ranges::any_of(ledger_.entries(), [&](const auto& entry) {
        const Violation& violation = entry.second.violation;
        return violation.source == source && violation.present() && violation.severity > Severity::low;
    });
}

void Situation::record(std::vector<Change> changes, const std::optional<Requester>& by) {
    for (Change& change : changes) {
        EventDraft told = draft_of(clock_, change.type);
        told.by = by;
        if (change.old_severity) told.data = {{"old_severity", Value(to_string(*change.old_severity))}};
        const std::uint64_t id = change.violation.id;
        told.violation = std::move(change.violation);
        recorder_->add(std::move(told), ledger_.entry(id));
    }
    if (!changes.empty()) schedule_flush();
    take_refused();
    if (ledger_.has_unsaved_repeats()) schedule_late_flush();
}

void Situation::keep(std::string_view name, std::string_view value) {
    recorder_->keep(name, value);
    schedule_late_flush();
}

// For what costs a write and tells nobody anything new.
void Situation::schedule_late_flush() {
    if (repeats_timer_->running()) return;
    if (settings_.flush_repeats == 0us) return schedule_flush();
    repeats_timer_->start(settings_.flush_repeats);
}

void Situation::flush_late() {
    report_refused();
    schedule_flush();
}

void Situation::fold(const std::function<bool(const Violation&)>& spared) {
    Folding folding = ledger_.fold(kinds::self_queue_overflow, fold_step, clock_.wall(), spared);
    recorder_->add_repeats(folding.forgotten);
    record(std::move(folding.changes));
}

// More than the ledger holds: one violation stands for the rest. That there is any, and that it weighs more, is told at
// once; how much it is by now as late as a repeat: each telling is an event, and this may go on for days.
void Situation::take_refused() {
    const Refused refused = ledger_.take_refused();
    if (refused.count == 0) return;
    untold_.count += refused.count;
    untold_.gravest = std::max(untold_.gravest, refused.gravest);
    const Violation* const told = ledger_.present(kinds::self_queue_overflow, "ledger");
    const bool news = told == nullptr || untold_.gravest > std::max(told->severity, refused_.gravest);
    if (news || settings_.flush_repeats == 0us) return report_refused();
    schedule_late_flush();
}

// Weighs no less than any of what it stands for until somebody has acknowledged it.
void Situation::report_refused() {
    if (untold_.count == 0) return;
    const Violation* const before = ledger_.present(kinds::self_queue_overflow, "ledger");
    const Refused refused = std::exchange(untold_, {});
    refused_.count += refused.count;
    refused_.gravest = before == nullptr ? refused.gravest : std::max(refused_.gravest, refused.gravest);
    Observation overflow{.kind = &kinds::self_queue_overflow, .subject = "ledger"};
    overflow.summary = std::to_string(refused_.count) + " observations found no room among the open violations";
    overflow.evidence = {{"refused", refused_.count}};
    overflow.severity = std::max(refused_.gravest, before != nullptr ? before->severity : overflow.kind->severity);
    report(overflow);
}

void Situation::schedule_flush() {
    if (std::exchange(flush_scheduled_, true)) return;
    loop_.post([this, alive = alive_] {
        if (*alive) end_turn();
    });
}

// A store that refuses is not asked with everything that waits whenever something happens: that is for the timer.
void Situation::end_turn() {
    if (recorder_->writable() || !retry_timer_->running()) return commit();
    flush_scheduled_ = false;
    tell_verdict();
    tell_changed();
}

void Situation::touch() {
    if (std::exchange(touched_, true)) return;
    loop_.post([this, alive = alive_] {
        // The end of the turn tells it, if that is still to come or has been.
        if (*alive && !flush_scheduled_ && std::exchange(touched_, false)) callbacks_.touched();
    });
}

void Situation::tell_changed() {
    touched_ = false;
    callbacks_.changed();
}

// Once for all that happened in this turn: judging looks at everything that is open.
void Situation::tell_verdict() {
    const Verdict before = judgement_.verdict;
    judgement_ = judge(ledger_.entries(), watchers_, settings_.violated_at);
    if (judgement_.verdict != before) since_ = clock_.wall();
    if (judgement_.verdict == told_verdict_) return;
    EventDraft told = draft_of(clock_, EventType::verdict);
    told.data = {{"old", Value(to_string(told_verdict_))},
                 {"new", Value(to_string(judgement_.verdict))},
                 {"because", Value(judgement_.because)}};
    recorder_->add(std::move(told));
    told_verdict_ = judgement_.verdict;
}

void Situation::flush() {
    report_refused();
    commit();
}

// A recipient that is not reached any more, or again, is an event too: after some rounds it is for the next run.
void Situation::settle() {
    constexpr int rounds = 8;
    for (int round = 0; round < rounds; ++round) {
        flush();
        if (pending() == 0 || !writable()) return;
    }
}

void Situation::commit() {
    flush_scheduled_ = false;
    tell_verdict();
    recorder_->add_repeats(ledger_.take_unsaved_repeats());
    told_changed_ = false;
    if (!recorder_->flush()) retry_timer_->start(recorder_->writable() ? 0us : retry_delay);
    if (!told_changed_) tell_changed();
}

// Whoever hears of an event finds the verdict that follows from it in the state file already.
void Situation::events_stored(std::span<const Event> events) {
    told_changed_ = true;
    tell_changed();
    callbacks_.stored(events);
}

void Situation::store_failed(const Error& error) {
    if (store_unwritable_) return;
    store_unwritable_ = true;
    callbacks_.unwritable(error);
    Observation unwritable{.kind = &kinds::self_store_unwritable, .subject = "store"};
    unwritable.summary = "events cannot be stored: " + error.message;
    unwritable.evidence = {{"reason", Value(error.message)}};
    hold(unwritable);
}

void Situation::store_works(std::uint64_t dropped) {
    store_unwritable_ = false;
    clear(kinds::self_store_unwritable, "store");
    if (dropped == 0) return;
    dropped_ += dropped;
    Observation overflow{.kind = &kinds::self_queue_overflow, .subject = "store"};
    overflow.summary = std::to_string(dropped_) + " events were dropped while the store could not be written";
    overflow.evidence = {{"dropped", dropped_}};
    report(overflow);
}

std::vector<LedgerEntry> Situation::told_entries() const {
    const std::set<std::uint64_t> untold = recorder_->raised();
    std::vector<LedgerEntry> told;
    for (const auto& [id, entry] : ledger_.entries()) {
        if (!untold.contains(id)) told.push_back(entry);
    }
    return told;
}

}  // namespace integrityd
