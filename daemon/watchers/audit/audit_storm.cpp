#include "watchers/audit/audit_storm.hpp"

#include <algorithm>
#include <utility>

#include "core/escape.hpp"

namespace integrityd {

std::optional<Observation> AuditStorm::take(AuditFinding finding, const AuditRule* rule, Monotonic now) {
    Count& count = counts_[{finding.seen.kind, finding.rule}];
    if (now - count.last > quiet) {
        count.singly = 0;
        count.folded = 0;
        count.gravest = Severity::record;
    }
    count.last = now;
    if (!reaches_threshold(count, rule, now)) return std::nullopt;
    if (rule != nullptr && rule->threshold > 1) {
        finding.seen.evidence["threshold"] = std::uint64_t{rule->threshold};
        finding.seen.context["matches"] = std::uint64_t{count.recent.size()};
    }
    if (count.singly < told_singly) {
        ++count.singly;
        return std::move(finding.seen);
    }
    ++count.folded;
    ++folded_;
    count.gravest = std::max(count.gravest, finding.seen.severity.value_or(finding.seen.kind->severity));
    count.latest = std::move(finding.seen);
    count.untold = grown_ = true;
    return std::nullopt;
}

// At least `threshold` matches within `window`, this one included.
bool AuditStorm::reaches_threshold(Count& count, const AuditRule* rule, Monotonic now) {
    if (rule == nullptr || rule->threshold <= 1) return true;
    std::deque<Monotonic>& recent = count.recent;
    recent.push_back(now);
    while (recent.size() > rule->threshold || now - recent.front() > rule->window)
        recent.pop_front();
    return recent.size() >= rule->threshold;
}

std::vector<Observation> AuditStorm::grown(Monotonic now) {
    std::vector<Observation> told;
    if (!std::exchange(grown_, false)) return told;
    pause_ = std::min(2 * pause(now), longest_pause);
    told_ = now;
    for (auto& [key, count] : counts_) {
        if (std::exchange(count.untold, false)) told.push_back(storm_of(key, count));
    }
    return told;
}

// The last match stands for all of them; the number is exact.
Observation AuditStorm::storm_of(const Key& key, const Count& count) {
    const std::uint64_t matches = count.folded + count.singly;
    Observation storm{.kind = key.first, .subject = escape(key.second) + ": storm"};
    storm.summary = std::to_string(matches) + " matches, of which " + std::to_string(count.folded) +
                    " are told by this one violation; the last: " + escape_cut(count.latest.subject, 512);
    storm.evidence = {{"rule", Value(escape(key.second))}, {"matches", matches}, {"folded", count.folded}};
    storm.context = count.latest.context;
    storm.context["last_subject"] = count.latest.subject;
    storm.severity = count.gravest;
    return storm;
}

}  // namespace integrityd
