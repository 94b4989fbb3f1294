#include "state/ledger.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>

#include "core/canonical_json.hpp"
#include "core/digest.hpp"
#include "core/escape.hpp"
#include "core/glob.hpp"
#include "state/details.hpp"

namespace integrityd {

namespace {

// A comment is a sentence or two; with the requester it fits into what limit_details leaves free.
constexpr std::size_t max_comment = 1024;
constexpr std::size_t max_requester_text = 1024;

std::string digest_of(const Observation& seen) {
    return sha256_hex(canonical_json(Value(seen.evidence)));
}

ValueMap details_of(const Observation& seen) {
    ValueMap details = seen.context;
    merge(details, seen.evidence);
    return limit_details(std::move(details));
}

bool matches(const SeverityRule& rule, const Observation& seen, WallTime now) {
    if (rule.until != 0 && now >= rule.until) return false;
    if (!rule.kind.empty() && !glob_matches(rule.kind, seen.kind->name)) return false;
    return rule.subject.empty() || glob_matches(rule.subject, seen.subject);
}

// A look's scope, prepared for many questions.
class ScopeFilter {
public:
    explicit ScopeFilter(const Scope& scope) : source_(scope.source), any_subject_(!scope.subjects) {
        for (const Kind* kind : scope.kinds)
            kinds_.insert(kind->name);
        if (scope.subjects) subjects_.insert(scope.subjects->begin(), scope.subjects->end());
    }

    [[nodiscard]] bool covers(const LedgerEntry& entry) const {
        const Violation& violation = entry.violation;
        return entry.nature == Nature::condition && violation.source == source_ && kinds_.contains(violation.kind) &&
               (any_subject_ || subjects_.contains(violation.subject));
    }

private:
    std::string_view source_;
    bool any_subject_;
    std::set<std::string_view> kinds_;
    std::set<std::string_view> subjects_;
};

// A text that is escaped already.
std::string shortened(const std::string& text) {
    return text.size() <= max_requester_text ? text : escape_cut(text, max_requester_text);
}

ValueMap acknowledgement(Requester by, std::string_view comment, WallTime now) {
    by.exe = shortened(by.exe);
    by.unit = shortened(by.unit);
    return {{"by", to_value(by)}, {"comment", escape_cut(comment, max_comment)}, {"time", now}};
}

}  // namespace

void Ledger::restore(std::vector<LedgerEntry> entries) {
    entries_.clear();
    unsaved_.clear();
    current_.clear();
    for (LedgerEntry& entry : entries) {
        const Violation& violation = entry.violation;
        next_id_ = std::max(next_id_, violation.id + 1);
        if (violation.present()) current_[{violation.kind, violation.subject}] = violation.id;
        entries_.insert_or_assign(violation.id, std::move(entry));
    }
}

std::vector<Change> Ledger::apply(const Observation& seen, WallTime now) {
    std::vector<Change> changes;
    see(seen, now, changes);
    return changes;
}

std::vector<Change> Ledger::apply(const Look& look, WallTime now) {
    std::vector<Change> changes;
    std::set<std::uint64_t> seen_ids;
    std::set<std::pair<std::string_view, std::string_view>> told;
    for (const Observation& seen : look.seen) {
        if (!told.emplace(seen.kind->name, seen.subject).second) continue;
        const LedgerEntry* entry = see(seen, now, changes);
        if (entry != nullptr) seen_ids.insert(entry->violation.id);
    }
    if (look.complete) take_back(look, seen_ids, changes);
    return changes;
}

LedgerEntry* Ledger::see(const Observation& seen, WallTime now, std::vector<Change>& changes) {
    std::string digest = digest_of(seen);
    const auto current = current_.find(std::pair{std::string(seen.kind->name), seen.subject});
    if (current == current_.end()) return raise(seen, std::move(digest), now, changes);
    LedgerEntry& entry = entries_.at(current->second);
    repeat(entry, seen, std::move(digest), now, changes);
    return &entry;
}

LedgerEntry* Ledger::raise(const Observation& seen, std::string digest, WallTime now, std::vector<Change>& changes) {
    if (entries_.size() >= max_entries_ && seen.kind->source != "self") {
        ++refused_.count;
        refused_.gravest = std::max(refused_.gravest, severity_of(seen, now));
        return nullptr;
    }
    LedgerEntry entry;
    entry.evidence_digest = std::move(digest);
    entry.nature = seen.kind->nature;
    entry.violation = {.id = next_id_++,
                       .kind = std::string(seen.kind->name),
                       .source = std::string(seen.kind->source),
                       .severity = severity_of(seen, now),
                       .subject = seen.subject,
                       .summary = seen.summary,
                       .state = ViolationState::open,
                       .first_seen = now,
                       .last_seen = now,
                       .count = 1,
                       .details = details_of(seen),
                       .requirements = {seen.kind->requirements.begin(), seen.kind->requirements.end()}};
    changes.push_back({EventType::raised, entry.violation});
    const std::uint64_t id = entry.violation.id;
    current_[{entry.violation.kind, entry.violation.subject}] = id;
    return &entries_.emplace(id, std::move(entry)).first->second;
}

void Ledger::repeat(LedgerEntry& entry, const Observation& seen, std::string digest, WallTime now,
                    std::vector<Change>& changes) {
    Violation& violation = entry.violation;
    if (violation.count < std::numeric_limits<std::uint32_t>::max()) ++violation.count;
    violation.last_seen = now;
    const Severity severity = severity_of(seen, now);
    const bool same_evidence = digest == entry.evidence_digest;
    if (same_evidence && severity == violation.severity) {
        unsaved_.insert(violation.id);
        return;
    }
    const Severity before = std::exchange(violation.severity, severity);
    // Another severity alone takes nothing from what somebody acknowledged; other evidence does.
    if (!same_evidence) {
        entry.evidence_digest = std::move(digest);
        violation.summary = seen.summary;
        violation.details = details_of(seen);
        violation.state = ViolationState::open;
    }
    unsaved_.erase(violation.id);
    changes.push_back({EventType::changed, violation});
    if (severity != before) changes.back().old_severity = before;
}

void Ledger::take_back(const Look& look, const std::set<std::uint64_t>& seen, std::vector<Change>& changes) {
    const ScopeFilter scope(look.scope);
    std::vector<std::uint64_t> gone;
    for (const auto& [id, entry] : entries_) {
        if (!entry.violation.present() || seen.contains(id) || !scope.covers(entry)) continue;
        if (look.still_present && look.still_present(entry.violation)) continue;
        gone.push_back(id);
    }
    for (const std::uint64_t id : gone) {
        const Violation& violation = entries_.at(id).violation;
        const bool unseen = violation.state == ViolationState::open && violation.severity >= Severity::medium;
        end(id, unseen ? ViolationState::returned : ViolationState::resolved, changes);
    }
}

void Ledger::end(std::uint64_t id, ViolationState state, std::vector<Change>& changes) {
    LedgerEntry& entry = entries_.at(id);
    Violation& violation = entry.violation;
    const auto current = current_.find(std::pair{violation.kind, violation.subject});
    if (current != current_.end() && current->second == id) current_.erase(current);
    violation.state = state;
    unsaved_.erase(id);
    const bool resolved = state == ViolationState::resolved;
    changes.push_back({resolved ? EventType::resolved : EventType::returned, violation});
    if (resolved) entries_.erase(id);
}

Result<std::vector<Change>> Ledger::acknowledge(const std::vector<std::uint64_t>& ids, const Requester& by,
                                                std::string_view comment, WallTime now) {
    for (const std::uint64_t id : ids) {
        if (id == 0 || id >= next_id_) return Error{"no violation has the id " + std::to_string(id), ENOENT};
    }
    std::vector<Change> changes;
    for (const std::uint64_t id : ids) {
        const auto found = entries_.find(id);
        if (found == entries_.end() || found->second.violation.state == ViolationState::acknowledged) continue;
        LedgerEntry& entry = found->second;
        entry.violation.details.insert_or_assign("acknowledged", acknowledgement(by, comment, now));
        if (entry.violation.state == ViolationState::open && entry.nature == Nature::condition) {
            entry.violation.state = ViolationState::acknowledged;
            unsaved_.erase(id);
            changes.push_back({EventType::acknowledged, entry.violation});
        } else {
            end(id, ViolationState::resolved, changes);
        }
    }
    return changes;
}

const LedgerEntry* Ledger::entry(std::uint64_t id) const {
    const auto found = entries_.find(id);
    return found != entries_.end() ? &found->second : nullptr;
}

const Violation* Ledger::find(std::uint64_t id) const {
    const LedgerEntry* found = entry(id);
    return found != nullptr ? &found->violation : nullptr;
}

const Violation* Ledger::present(const Kind& kind, std::string_view subject) const {
    const auto current = current_.find(std::pair{std::string(kind.name), std::string(subject)});
    return current != current_.end() ? find(current->second) : nullptr;
}

std::vector<LedgerEntry> Ledger::take_unsaved_repeats() {
    std::vector<LedgerEntry> unsaved;
    for (const std::uint64_t id : std::exchange(unsaved_, {})) {
        const auto found = entries_.find(id);
        if (found != entries_.end()) unsaved.push_back(found->second);  // else it was folded since
    }
    return unsaved;
}

Refused Ledger::take_refused() {
    return std::exchange(refused_, {});
}

Severity Ledger::severity_of(const Observation& seen, WallTime now) const {
    const auto rule =
        std::find_if(rules_.begin(), rules_.end(), [&](const SeverityRule& r) { return matches(r, seen, now); });
    if (rule != rules_.end()) return rule->severity;
    return seen.severity.value_or(seen.kind->severity);
}

}  // namespace integrityd
