// What is told on every device, whatever its configuration: by type of record (knowledge of the field, not of a site).
#pragma once

#include <optional>

#include "sources/audit_interest.hpp"
#include "watchers/audit/audit_act.hpp"
#include "watchers/audit/audit_finding.hpp"

namespace integrityd {

[[nodiscard]] std::optional<AuditFinding> builtin_finding(const AuditAct& act, const AuditEvent& event);

// Whether the record says that somebody switches auditing off, or tries to (res=0, where it is locked).
[[nodiscard]] bool switches_audit_off(const AuditRecord& record);

// The types it looks at.
[[nodiscard]] std::vector<std::uint16_t> builtin_types();

}  // namespace integrityd
