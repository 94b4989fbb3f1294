#include "watchers/luks/luks_findings.hpp"

#include <algorithm>

namespace integrityd {

void LuksFindings::add(const Kind& kind, std::string_view volume, std::string summary, ValueMap evidence) {
    Observation seen;
    seen.kind = &kind;
    seen.subject = volume;
    seen.summary = std::move(summary);
    seen.evidence = std::move(evidence);
    seen_.push_back(std::move(seen));
}

bool LuksFindings::has(const Kind& kind, std::string_view volume) const {
    return std::ranges::any_of(seen_,
                               [&](const Observation& each) { return each.kind == &kind && each.subject == volume; });
}

Look LuksFindings::look(std::vector<const Kind*> kinds) const {
    Look look;
    look.scope.source = "luks";
    look.seen = seen_;
    std::erase_if(look.seen,
                  [&](const Observation& each) { return std::ranges::find(kinds, each.kind) == kinds.end(); });
    look.scope.kinds = std::move(kinds);
    look.complete = true;
    look.still_present = [open = open_](const Violation& violation) {
        return std::ranges::any_of(open, [&](const auto& each) {
            return each.first->name == violation.kind && each.second == violation.subject;
        });
    };
    return look;
}

}  // namespace integrityd
