// AuditStorm: keeps a flood of matches from becoming a flood of violations, and loses no count.
//
// A rule tells its first matches one by one. What comes beyond becomes one violation of the rule with the exact number,
// told ever more seldom: each telling is an event, and a storm that lasts for days must not wash out the history.
// Rules with a threshold tell nothing before it is reached. Knows no clock but the one passed in.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/event_loop.hpp"
#include "watchers/audit/audit_finding.hpp"

namespace integrityd {

class AuditStorm {
public:
    // What is told one by one: enough to see what somebody does, few enough to be read. After a quiet minute a rule
    // begins anew.
    static constexpr std::uint32_t told_singly = 20;
    static constexpr Duration quiet = std::chrono::minutes(1);

    // What is to be told of it now: nothing while it only counts. `rule`: of the configuration, or null.
    [[nodiscard]] std::optional<Observation> take(AuditFinding finding, const AuditRule* rule, Monotonic now);

    static constexpr Duration first_pause = std::chrono::seconds(1);
    static constexpr Duration longest_pause = std::chrono::minutes(1);
    // A storm after so long without one is told soon again.
    static constexpr Duration calm = 2 * longest_pause;

    // Storms whose count grew since they were told last. To be called before a cursor is kept, and after pause().
    [[nodiscard]] std::vector<Observation> grown(Monotonic now);
    // How long the next telling can wait: doubled with each, up to the longest.
    [[nodiscard]] Duration pause(Monotonic now) const { return now - told_ < calm ? pause_ : first_pause; }
    [[nodiscard]] bool has_grown() const { return grown_; }

    // Matches that were not told one by one.
    [[nodiscard]] std::uint64_t folded() const { return folded_; }

private:
    struct Count {
        Monotonic last{};
        std::uint32_t singly = 0;
        std::uint64_t folded = 0;
        bool untold = false;
        Observation latest;
        Severity gravest = Severity::record;
        std::deque<Monotonic> recent;  // of a threshold: the last matches
    };
    using Key = std::pair<const Kind*, std::string>;

    [[nodiscard]] static bool reaches_threshold(Count& count, const AuditRule* rule, Monotonic now);
    [[nodiscard]] static Observation storm_of(const Key& key, const Count& count);

    std::map<Key, Count> counts_;  // one a rule: as many as are configured and built in
    bool grown_ = false;
    Duration pause_ = first_pause;
    Monotonic told_{};
    std::uint64_t folded_ = 0;
};

}  // namespace integrityd
