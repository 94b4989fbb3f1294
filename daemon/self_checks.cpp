#include "self_checks.hpp"

#include <algorithm>

#include "core/catalogue_kinds.hpp"
#include "core/escape.hpp"
#include "core/members.hpp"
#include "core/time_text.hpp"

namespace integrityd {

namespace {

Observation observe(const Kind& kind, std::string subject, std::string summary) {
    Observation seen{.kind = &kind, .subject = std::move(subject)};
    seen.summary = std::move(summary);
    return seen;
}

ValueMap old_head(const StoreOpening& opening) {
    return {{"set_aside", escape(opening.set_aside)},
            {"damage", opening.damage},
            {"old_sequence", opening.old_sequence},
            {"old_stream", opening.old_stream},
            {"old_hash", opening.old_hash}};
}

}  // namespace

PreviousRun previous_run(Store& store, WallTime last_sign) {
    PreviousRun run;
    const std::uint64_t last = store.last_sequence();
    if (last == 0) return run;
    run.any = true;
    run.last_sign = last_sign;
    const auto page = store.events(last - 1, 1);
    if (!page || page->events.empty()) return run;
    const Event& event = page->events.front();
    const auto kind = event.data.find("kind");
    run.clean = event.type == EventType::notice && kind != event.data.end() && kind->second.text() == "self.stopped";
    run.last_sign = run.clean ? event.time : std::max(run.last_sign, event.time);
    return run;
}

void SelfChecks::started(const PreviousRun& before, const StoreOpening& opening,
                         const std::vector<std::string>& watchers, const std::string& version) {
    ValueMap data{{"version", version}};
    data["previous"] = !before.any ? "none" : before.clean ? "stopped" : "ended without notice";
    if (before.any) data["previous_until"] = before.last_sign;
    if (!opening.damage.empty()) merge(data, old_head(opening));
    situation_.notice("self.started", std::move(data));
    if (!opening.damage.empty()) store_damaged(opening);
    situation_.clear(kinds::self_store_unwritable, "store");  // of the run before
    if (!before.any || before.clean) return;
    const WallTime now = clock_.wall();
    for (const auto& watcher : watchers) {
        auto gap = observe(kinds::self_coverage_gap, watcher,
                           "nothing was watched from " + rfc3339(before.last_sign) + " to " + rfc3339(now) +
                               ": integrityd had ended without notice");
        gap.evidence = {{"from", before.last_sign}, {"to", now}, {"watcher", watcher}, {"why", "ended without notice"}};
        situation_.report(gap);
    }
}

void SelfChecks::stopped(const std::string& reason) {
    situation_.notice("self.stopped", {{"reason", reason}});
}

EventDraft SelfChecks::stream_begun(const Clock& clock, const StoreOpening& opening) {
    EventDraft begun = draft_of(clock, EventType::notice);
    begun.data = old_head(opening);
    begun.data["kind"] = "stream.begun";
    return begun;
}

void SelfChecks::store_damaged(const StoreOpening& opening) {
    const std::string what =
        opening.set_aside.empty() ? "the store is lost: " : "the store was damaged and set aside: ";
    auto damaged = observe(kinds::self_store_damaged, "store", what + opening.damage);
    damaged.evidence = old_head(opening);
    situation_.report(damaged);
    situation_.keep(replaced_fact, "");  // with the event: not to be told again by the next run
}

void SelfChecks::events_tampered(const std::string& detail) {
    auto tampered = observe(kinds::self_events_tampered, "store", "the chain of events does not verify: " + detail);
    tampered.evidence = {{"detail", detail}};
    situation_.report(tampered);
}

void SelfChecks::config_problems(const std::vector<ConfigProblem>& problems, const std::string& file) {
    if (problems.empty()) return take_back_all(kinds::self_config_invalid, {});
    ValueList list;
    for (const auto& problem : problems)
        list.emplace_back(escape(to_string(problem)));
    auto invalid = observe(kinds::self_config_invalid, escape(file),
                           "the new configuration is not used: " + escape(to_string(problems.front())));
    invalid.evidence = {{"problems", list}};
    situation_.hold(invalid);
}

void SelfChecks::recipient(const RecipientConfig& config, const std::string& reason) {
    if (!config.required) return;
    if (reason.empty()) return situation_.clear(kinds::self_notify_failed, config.name);
    auto failed = observe(kinds::self_notify_failed, config.name,
                          "the required recipient " + config.name + " cannot be reached: " + reason);
    failed.evidence = {{"reason", reason}};
    situation_.hold(failed);
}

WallTime SelfChecks::failing_since(const RecipientConfig& config) const {
    if (!config.required) return 0;
    for (const auto& [id, entry] : situation_.ledger().entries()) {
        const Violation& known = entry.violation;
        if (known.present() && known.kind == kinds::self_notify_failed.name && known.subject == config.name)
            return known.first_seen;
    }
    return 0;
}

void SelfChecks::recipients(const std::vector<RecipientConfig>& configured) {
    std::vector<std::string> required;
    for (const auto& recipient : configured) {
        if (recipient.required) required.push_back(recipient.name);
    }
    take_back_all(kinds::self_notify_failed, std::move(required));
}

void SelfChecks::take_back_all(const Kind& kind, std::vector<std::string> but) {
    Look look;
    look.scope = {.source = "self", .kinds = {&kind}, .subjects = std::nullopt};
    look.still_present = [but = std::move(but)](const Violation& known) {
        return std::ranges::find(but, known.subject) != but.end();
    };
    look.complete = true;
    situation_.report(look);
}

void SelfChecks::recipient_lost(const RecipientConfig& config, std::uint64_t pruned) {
    const std::string subject = "recipient " + config.name;
    const Violation* const before = situation_.ledger().present(kinds::self_queue_overflow, subject);
    if (before != nullptr) pruned += number_at(before->details, "lost");
    auto lost = observe(kinds::self_queue_overflow, subject,
                        std::to_string(pruned) + " events were pruned before " + config.name + " could be told");
    lost.evidence = {{"recipient", config.name}, {"lost", pruned}};
    situation_.report(lost);
}

void SelfChecks::baselines(BaselineStore& store, SelfBaseline& own, const std::vector<std::string>& names) {
    Look look;
    look.scope = {.source = "self", .kinds = {&kinds::self_baseline_tampered}, .subjects = names};
    look.complete = true;
    for (const auto& name : names) {
        const auto loaded = store.load(name);
        if (loaded) continue;
        auto tampered = observe(kinds::self_baseline_tampered, name,
                                "the baseline of " + name + " is not what was accepted: " + loaded.error().message);
        tampered.evidence = {{"reason", loaded.error().message}};
        look.seen.push_back(std::move(tampered));
    }
    situation_.report(look);
    if (!own.judged()) situation_.report(own.look());
}

void SelfChecks::clock() {
    if (clock_.state() != ClockState::unset) return situation_.clear(kinds::self_clock_implausible, "clock");
    auto wrong = observe(kinds::self_clock_implausible, "clock", "the clock is plainly wrong");
    wrong.context = {{"time", clock_.wall()}};
    situation_.hold(wrong);
}

void SelfChecks::clock_stepped(std::int64_t by) {
    auto stepped =
        observe(kinds::self_clock_stepped, "clock", "the clock was set by " + std::to_string(by / 1'000'000) + " s");
    stepped.evidence = {{"microseconds", by}};
    situation_.report(stepped);
}

}  // namespace integrityd
