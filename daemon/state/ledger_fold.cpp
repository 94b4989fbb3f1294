// Folding: when there is no room for them any more, one violation stands for the oldest of those
// that nobody acknowledged, with their exact number.
#include <algorithm>

#include "state/ledger.hpp"

namespace integrityd {

namespace {

// What is over and unseen. What is present is never folded: the next look would bring it back.
bool can_be_folded(const LedgerEntry& entry, const Kind& into) {
    const Violation& violation = entry.violation;
    if (violation.state == ViolationState::returned) return true;
    const bool happening = entry.nature == Nature::happening && violation.state == ViolationState::open;
    return happening && violation.kind != into.name;
}

// What it adds to the verdict must stay the same: what has returned makes it `degraded`, as a
// violation of `medium` does.
Severity weight_of(const Violation& violation) {
    const bool returned = violation.state == ViolationState::returned;
    return returned ? std::min(violation.severity, Severity::medium) : violation.severity;
}

void count(ValueMap& numbers, std::string_view name) {
    Value& number = numbers[std::string(name)];
    number = Value(number.number() + 1);
}

// The evidence of the folds before, as far as nobody acknowledged them.
Observation next_fold(const Kind& into, const Violation* before) {
    Observation fold{.kind = &into, .subject = "folded"};
    fold.severity = into.severity;
    if (before == nullptr) return fold;
    for (const char* name : {"folded", "kinds", "first_seen"}) {
        const auto member = before->details.find(name);
        if (member != before->details.end()) fold.evidence.insert(*member);
    }
    fold.severity = std::max(before->severity, into.severity);
    return fold;
}

void add(Observation& fold, const Violation& violation) {
    count(fold.evidence, "folded");
    Value& kinds = fold.evidence["kinds"];
    if (kinds.get<ValueMap>() == nullptr) kinds = ValueMap();
    count(*kinds.get<ValueMap>(), violation.kind);
    Value& first = fold.evidence["first_seen"];
    first = Value(std::min(first.number(violation.first_seen), violation.first_seen));
    fold.severity = std::max(*fold.severity, weight_of(violation));
}

}  // namespace

Folding Ledger::fold(const Kind& into, std::size_t at_most, WallTime now,
                     const std::function<bool(const Violation&)>& spared) {
    Observation fold = next_fold(into, present(into, "folded"));
    Folding folding;
    for (auto next = entries_.begin(); next != entries_.end() && folding.forgotten.size() < at_most;) {
        const auto here = next++;
        if (!can_be_folded(here->second, into) || (spared && spared(here->second.violation))) continue;
        add(fold, here->second.violation);
        const auto key = std::pair{here->second.violation.kind, here->second.violation.subject};
        const auto known = current_.find(key);
        if (known != current_.end() && known->second == here->first) current_.erase(known);
        here->second.folded = true;
        folding.forgotten.push_back(std::move(here->second));
        entries_.erase(here);
    }
    if (folding.forgotten.empty()) return folding;
    fold.summary = std::to_string(fold.evidence.at("folded").number()) +
                   " violations that nobody acknowledged found no room any more";
    folding.changes = apply(fold, now);
    return folding;
}

}  // namespace integrityd
