// SelfChecks: what integrityd says about itself: how the last run ended, its own baselines, its
// recipients, its configuration, its clock.
#pragma once

#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/config.hpp"
#include "self_baseline.hpp"
#include "state/baseline.hpp"
#include "state/situation.hpp"
#include "state/store.hpp"

namespace integrityd {

// How the run before this one ended.
struct PreviousRun {
    bool any = false;        // there was one
    bool clean = false;      // its last event is the notice that it stopped
    WallTime last_sign = 0;  // the latest time at which it is known to have lived
};

// `last_sign`: of the state file, as this run found it; 0: it is gone (a reboot).
[[nodiscard]] PreviousRun previous_run(Store& store, WallTime last_sign);

class SelfChecks {
public:
    SelfChecks(Situation& situation, const Clock& clock) : situation_(situation), clock_(clock) {}

    // The notice of the start, and for each watcher the gap that an unclean end left.
    void started(const PreviousRun& before, const StoreOpening& opening, const std::vector<std::string>& watchers,
                 const std::string& version);
    void stopped(const std::string& reason);
    // The store was damaged and set aside while it was in use: what the new chain begins with.
    [[nodiscard]] static EventDraft stream_begun(const Clock& clock, const StoreOpening& opening);
    // A damaged store was set aside, or its chain does not verify.
    void store_damaged(const StoreOpening& opening);
    void events_tampered(const std::string& detail);
    // Problems of a configuration that was not taken; none: it was.
    void config_problems(const std::vector<ConfigProblem>& problems, const std::string& file);
    void recipient(const RecipientConfig& config, const std::string& reason);
    // Since when this required recipient is known to fail; 0: it is not.
    [[nodiscard]] WallTime failing_since(const RecipientConfig& config) const;
    // Nobody waits any more for those that are not configured, or not required.
    void recipients(const std::vector<RecipientConfig>& configured);
    // Adds to what was lost before, as far as nobody has acknowledged it.
    void recipient_lost(const RecipientConfig& config, std::uint64_t pruned);
    // Every baseline document that there is must be the one that was accepted. As soon as that of the daemon itself is
    // (again), the configuration in force is compared with it.
    void baselines(BaselineStore& store, SelfBaseline& own, const std::vector<std::string>& names);
    // The clock is plainly wrong, or is not any longer.
    void clock();
    // It was set (TFD_TIMER_CANCEL_ON_SET): by how much, in µs.
    void clock_stepped(std::int64_t by);

private:
    // Nothing of this kind holds any more, but for these subjects.
    void take_back_all(const Kind& kind, std::vector<std::string> but);

    Situation& situation_;
    const Clock& clock_;
};

}  // namespace integrityd
