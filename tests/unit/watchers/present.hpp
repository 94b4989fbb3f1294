// Present: what watchers told, as the ledger would hold it; and a baseline store in memory.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "core/digest.hpp"
#include "state/baseline.hpp"
#include "watchers/watcher.hpp"

namespace integrityd::test {

class Present final : public WatcherSink {
public:
    void report(Look look) override {
        looks.push_back(look.scope);
        std::map<Key, Observation> seen;
        for (auto& each : look.seen)
            seen[{std::string(each.kind->name), each.subject}] = each;
        if (look.complete) {
            std::erase_if(held, [&](const auto& entry) {
                return in_scope(look.scope, entry.first) && !seen.contains(entry.first) && !still(look, entry);
            });
        }
        for (auto& [key, observation] : seen)
            held[key] = observation;
    }
    void report(Observation happening) override { happenings.push_back(std::move(happening)); }
    void health(Health told) override { health_now = std::move(told); }
    void look_finished() override { ++finished; }
    void keep(std::string_view told) override { cursor = std::string(told); }
    [[nodiscard]] std::optional<std::string> kept() const override { return cursor; }

    [[nodiscard]] bool has(std::string_view kind, std::string_view subject) const {
        return held.contains({std::string(kind), std::string(subject)});
    }
    [[nodiscard]] std::size_t count(std::string_view kind) const {
        return static_cast<std::size_t>(
            std::count_if(held.begin(), held.end(), [kind](const auto& entry) { return entry.first.first == kind; }));
    }
    [[nodiscard]] const Observation& get(std::string_view kind, std::string_view subject) const {
        return held.at({std::string(kind), std::string(subject)});
    }

    using Key = std::pair<std::string, std::string>;
    std::map<Key, Observation> held;
    std::vector<Scope> looks;
    std::vector<Observation> happenings;
    Health health_now;
    int finished = 0;
    std::optional<std::string> cursor;

private:
    static bool in_scope(const Scope& scope, const Key& key) {
        const bool kind = std::any_of(scope.kinds.begin(), scope.kinds.end(),
                                      [&key](const Kind* each) { return each->name == key.first; });
        return kind && (!scope.subjects ||
                        std::find(scope.subjects->begin(), scope.subjects->end(), key.second) != scope.subjects->end());
    }
    static bool still(const Look& look, const std::pair<const Key, Observation>& entry) {
        if (!look.still_present) return false;
        Violation violation;
        violation.kind = entry.first.first;
        violation.subject = entry.first.second;
        violation.details = entry.second.evidence;
        violation.details.insert(entry.second.context.begin(), entry.second.context.end());
        return look.still_present(violation);
    }
};

class MemoryBaselines final : public BaselineStore {
public:
    Result<std::optional<Baseline>> load(std::string_view watcher) override {
        if (tampered) return Error{"the baseline is not what was accepted"};
        const auto found = documents.find(watcher);
        if (found == documents.end()) return std::optional<Baseline>();
        return std::optional<Baseline>(found->second);
    }
    Result<std::string> accept(std::string_view watcher, const ValueMap& content) override {
        documents[std::string(watcher)] = Baseline{content, "digest"};
        return std::string("digest");
    }
    [[nodiscard]] const std::string& image() const override { return image_; }

    std::map<std::string, Baseline, std::less<>> documents;
    std::string image_ = "image-a";
    bool tampered = false;
};

}  // namespace integrityd::test
