// AuditRules: which events are told, and as what. Pure: an act in, findings out.
//
// First the configuration's rules, then what is told on every device (audit_builtin.hpp), then refused attempts on what
// protects the device.
#pragma once

#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "sources/audit_interest.hpp"
#include "watchers/audit/audit_act.hpp"
#include "watchers/audit/audit_finding.hpp"

namespace integrityd {

// Whether this rule of the configuration is meant: all conditions that it names hold.
[[nodiscard]] bool matches(const AuditRule& rule, const AuditAct& act);

// Observation of a kind about an event, with its actor and its records beside it. `object` is what it was done to, raw.
[[nodiscard]] Observation audit_observation(const Kind& kind, std::string subject, const AuditAct& act,
                                            const AuditEvent& event);

class AuditRules {
public:
    explicit AuditRules(const Config& config);

    // What has to be looked at closely; the rest need not be parsed.
    [[nodiscard]] AuditInterests interests() const;
    [[nodiscard]] std::vector<AuditFinding> judge(const AuditAct& act, const AuditEvent& event) const;
    // The configuration's rule of this name; null: it is a built-in one.
    [[nodiscard]] const AuditRule* find(std::string_view name) const;

private:
    [[nodiscard]] AuditFinding finding_of(const AuditRule& rule, const AuditAct& act, const AuditEvent& event) const;
    // The protected path that an act was refused; null: none was.
    [[nodiscard]] const AuditPath* find_refused_attempt(const AuditAct& act) const;

    const std::vector<AuditRule> rules_;
    // Files, or directories with a slash at the end: AIDE's, audit's, our own, trust stores.
    std::vector<std::string> protected_;
};

}  // namespace integrityd
