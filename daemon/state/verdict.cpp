#include "state/verdict.hpp"

#include <algorithm>
#include <array>

namespace integrityd {

namespace {

constexpr std::array<std::string_view, 4> verdict_names = {"intact", "degraded", "unknown", "violated"};
constexpr std::array<std::string_view, 6> watcher_names = {"disabled", "absent",   "starting",
                                                           "blind",    "violated", "intact"};

// The gravest violation that `counts`, of equal ones the oldest that nobody has acknowledged, else the oldest; null:
// none.
template <typename Counts>
const Violation* gravest(const std::map<std::uint64_t, LedgerEntry>& entries, Counts counts) {
    const Violation* worst = nullptr;
    for (const auto& [id, entry] : entries) {
        const Violation& violation = entry.violation;
        if (!counts(violation)) continue;
        const auto weight = [](const Violation& one) {
            return std::pair(one.severity, one.state != ViolationState::acknowledged);
        };
        if (worst == nullptr || weight(violation) > weight(*worst)) worst = &violation;
    }
    return worst;
}

Judgement because(Verdict verdict, const Violation& violation, std::string_view how) {
    return {verdict, violation.id, violation.kind + " " + violation.subject + std::string(how)};
}

// The name of the first watcher in this state; empty: none.
std::string watcher_in(const std::map<std::string, WatcherState>& watchers, WatcherState state) {
    const auto found =
        std::find_if(watchers.begin(), watchers.end(), [&](const auto& watcher) { return watcher.second == state; });
    return found != watchers.end() ? found->first : std::string();
}

bool counts(const std::pair<const std::string, WatcherState>& watcher) {
    return watcher.second != WatcherState::disabled && watcher.second != WatcherState::absent;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
    return verdict_names.at(static_cast<std::size_t>(verdict));
}

std::string_view to_string(WatcherState state) {
    return watcher_names.at(static_cast<std::size_t>(state));
}

Judgement judge(const std::map<std::uint64_t, LedgerEntry>& entries,
                const std::map<std::string, WatcherState>& watchers, Severity violated_at) {
    const Severity threshold = std::max(violated_at, Severity::low);  // `record` never decides
    const auto is_grave = [&](const Violation& v) { return v.present() && v.severity >= threshold; };
    const auto is_lesser = [](const Violation& v) { return v.present() && v.severity >= Severity::medium; };
    const auto was_grave = [&](const Violation& v) {
        return v.state == ViolationState::returned && v.severity >= threshold;
    };

    if (const auto* found = gravest(entries, is_grave)) return because(Verdict::violated, *found, "");
    if (const std::string name = watcher_in(watchers, WatcherState::starting); !name.empty())
        return {Verdict::unknown, 0, name + " has not completed its first look"};
    if (std::none_of(watchers.begin(), watchers.end(), counts)) return {Verdict::unknown, 0, "no watcher is enabled"};
    if (const auto* found = gravest(entries, is_lesser)) return because(Verdict::degraded, *found, "");
    if (const auto* found = gravest(entries, was_grave))
        return because(Verdict::degraded, *found, " has returned to normal and nobody acknowledged it");
    if (const std::string name = watcher_in(watchers, WatcherState::blind); !name.empty())
        return {Verdict::degraded, 0, name + " is blind"};
    return {Verdict::intact, 0, "nothing is wrong"};
}

}  // namespace integrityd
