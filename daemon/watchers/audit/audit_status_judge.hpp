// What audit's state means: pure, from facts to looks and happenings.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/values.hpp"
#include "watchers/audit/audit_baseline.hpp"
#include "watchers/audit/audit_cross_check.hpp"
#include "watchers/audit/audit_facts.hpp"

namespace integrityd {

// What is known beside the facts.
struct AuditAround {
    std::string config_path;                   // of auditd.conf
    std::optional<AuditAccepted> accepted;     // none: no baseline, which decides nothing
    bool auditd_alive = true;                  // whether the process that the kernel names is there
    std::optional<WallTime> log_silent_since;  // nothing comes into the log although the feed goes on
};

// The looks at audit.disabled, audit.daemon.stopped, audit.rules.changed and audit.config.changed. A look at what is
// not known is left out, so it takes nothing back.
[[nodiscard]] std::vector<Look> judge(const AuditFacts& facts, const AuditAround& around);

// The kernel's count of lost records, of one boot.
struct AuditLostMark {
    std::string boot_id;
    std::uint32_t lost = 0;
};
// Records that the kernel lost since `last`. A count that is smaller was set back (`auditctl --reset-lost`): what came
// since then is new. Of another boot all is new; where nothing was known before, nothing.
[[nodiscard]] std::uint32_t lost_since(const std::optional<AuditLostMark>& last, const AuditLostMark& now);

// audit.records.lost: the kernel's counter grew.
[[nodiscard]] Observation records_lost(std::uint32_t records, std::uint32_t total);
// audit.records.lost: events that were on the feed and are not in the log.
[[nodiscard]] Observation records_missing(const AuditMissing& missing);

// What is there against what was accepted, for people.
[[nodiscard]] ValueMap difference(const AuditFacts& facts, const AuditAround& around);

}  // namespace integrityd
