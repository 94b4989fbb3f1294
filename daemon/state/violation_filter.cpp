#include "state/violation_filter.hpp"

#include <algorithm>

#include "core/canonical_json.hpp"

namespace integrityd {

namespace {

std::string member(std::string_view name, std::string_view value) {
    return "\"" + std::string(name) + "\":" + canonical_json(Value(value));
}

bool is_one_state(const ViolationFilter& filter) {
    return !filter.state.empty() && filter.state != "all";
}

}  // namespace

bool matches(const ViolationFilter& filter, const Violation& violation) {
    if (!filter.source.empty() && violation.source != filter.source) return false;
    if (!filter.kind.empty() && violation.kind != filter.kind) return false;
    if (filter.severity && violation.severity < *filter.severity) return false;
    if (is_one_state(filter)) return to_string(violation.state) == filter.state;
    return filter.state == "all" || violation.state != ViolationState::resolved;
}

ViolationSieve::ViolationSieve(const ViolationFilter& filter) {
    if (!filter.source.empty()) all_.push_back(member("source", filter.source));
    if (!filter.kind.empty()) all_.push_back(member("kind", filter.kind));
    if (is_one_state(filter)) all_.push_back(member("state", filter.state));
    if (!filter.severity) return;
    for (const auto severity :
         {Severity::record, Severity::low, Severity::medium, Severity::high, Severity::critical}) {
        if (severity >= *filter.severity) one_.push_back(member("severity", to_string(severity)));
    }
}

bool ViolationSieve::passes(std::string_view stored) const {
    const auto holds = [stored](const std::string& text) { return stored.find(text) != std::string_view::npos; };
    return std::ranges::all_of(all_, holds) && (one_.empty() || std::ranges::any_of(one_, holds));
}

}  // namespace integrityd
