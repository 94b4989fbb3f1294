// LuksFindings: what a look at the volumes found, and what it could not decide.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/values.hpp"

namespace integrityd {

class LuksFindings {
public:
    void add(const Kind& kind, std::string_view volume, std::string summary, ValueMap evidence);
    // Whether this holds of the volume is not known: what was told of it stays.
    void leave_open(const Kind& kind, std::string_view volume) { open_.emplace(&kind, std::string(volume)); }

    [[nodiscard]] const std::vector<Observation>& seen() const { return seen_; }
    [[nodiscard]] bool has(const Kind& kind, std::string_view volume) const;

    // As a look at these kinds, of all volumes: a volume that the configuration names no longer has none of them.
    [[nodiscard]] Look look(std::vector<const Kind*> kinds) const;

private:
    std::vector<Observation> seen_;
    std::set<std::pair<const Kind*, std::string>> open_;
};

}  // namespace integrityd
