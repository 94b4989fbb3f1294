#include "watchers/boot/boot_compare.hpp"

#include <algorithm>
#include <optional>

namespace integrityd {

namespace {

using Kind = BootDifference::Kind;

bool has(const std::vector<RunEvent>& events, const RunEvent& wanted) {
    return std::ranges::any_of(events, [&](const RunEvent& event) { return event.same(wanted); });
}

bool has_equal(const AcceptedComponent& component, const BootRun& run) {
    return std::ranges::any_of(component.runs, [&](const AcceptedRun& accepted) {
        return std::ranges::equal(accepted.events, run.events,
                                  [](const RunEvent& a, const RunEvent& b) { return a.same(b); });
    });
}

// What is in `from` and not in `other`, each as often as it is too much there.
std::vector<RunEvent> surplus(const std::vector<RunEvent>& from, std::vector<RunEvent> other) {
    std::vector<RunEvent> out;
    for (const RunEvent& event : from) {
        const auto found = std::ranges::find_if(other, [&](const RunEvent& each) { return each.same(event); });
        if (found == other.end())
            out.push_back(event);
        else
            other.erase(found);
    }
    return out;
}

// The accepted run that most of it is: what differs is told against that one.
const AcceptedRun& nearest(const AcceptedComponent& component, const BootRun& run) {
    return *std::ranges::min_element(component.runs, {}, [&](const AcceptedRun& accepted) {
        return surplus(run.events, accepted.events).size() + surplus(accepted.events, run.events).size();
    });
}

class Comparison {
public:
    explicit Comparison(const BootAccepted& accepted) : accepted_(accepted), met_(accepted.components.size()) {}

    std::vector<BootDifference> compare(const std::vector<BootRun>& runs) {
        for (const BootRun& run : runs)
            take(run);
        for (std::size_t i = 0; i < met_.size(); ++i) {
            if (!met_[i]) missing(accepted_.components[i]);
        }
        return std::move(differences_);
    }

private:
    void tell(Kind kind, const AcceptedComponent& component, std::vector<RunEvent> events) {
        if (!events.empty())
            differences_.push_back({kind, component.name, component.pcr, std::move(events), component.runs.size()});
    }
    void missing(const AcceptedComponent& component) { tell(Kind::missing, component, component.runs.front().events); }

    void take(const BootRun& run) {
        const auto place = next(run);
        if (!place) {
            differences_.push_back({Kind::unexpected, run.component, run.pcr, run.events, 0});
            return;
        }
        met_[*place] = true;
        const AcceptedComponent& component = accepted_.components[*place];
        if (is_unordered(component.name)) return take_unordered(component, run);
        if (has_equal(component, run)) return;
        const AcceptedRun& known = nearest(component, run);
        auto unexpected = surplus(run.events, known.events);
        auto absent = surplus(known.events, run.events);
        // The same events in another order are all in the wrong place.
        if (unexpected.empty() && absent.empty()) unexpected = run.events;
        // One event in another's place is told as what it is; of the other nothing is missing.
        const bool replaced = unexpected.size() >= absent.size();
        tell(Kind::unexpected, component, std::move(unexpected));
        if (!replaced) tell(Kind::missing, component, std::move(absent));
    }

    // Each has to be in some accepted run.
    void take_unordered(const AcceptedComponent& component, const BootRun& run) {
        std::vector<RunEvent> unexpected;
        for (const RunEvent& event : run.events) {
            const bool known =
                std::ranges::any_of(component.runs, [&](const AcceptedRun& each) { return has(each.events, event); });
            if (!known) unexpected.push_back(event);
        }
        tell(Kind::unexpected, component, std::move(unexpected));
    }

    // The next component of this PCR and name that no run has met; order within a PCR is that of the baseline.
    std::optional<std::size_t> next(const BootRun& run) {
        for (std::size_t i = 0; i < met_.size(); ++i) {
            const AcceptedComponent& component = accepted_.components[i];
            if (!met_[i] && component.pcr == run.pcr && component.name == run.component) return i;
        }
        return std::nullopt;
    }

    const BootAccepted& accepted_;
    std::vector<bool> met_;
    std::vector<BootDifference> differences_;
};

}  // namespace

std::vector<BootDifference> compare_boot(const std::vector<BootRun>& runs, const BootAccepted& accepted) {
    return Comparison(accepted).compare(runs);
}

bool is_accepted(const BootRun& run, const BootAccepted& accepted) {
    return std::ranges::any_of(accepted.components, [&](const AcceptedComponent& component) {
        if (component.name != run.component || component.pcr != run.pcr) return false;
        if (!is_unordered(component.name)) return has_equal(component, run);
        return std::ranges::all_of(run.events, [&](const RunEvent& event) {
            return std::ranges::any_of(component.runs,
                                       [&](const AcceptedRun& each) { return has(each.events, event); });
        });
    });
}

}  // namespace integrityd
