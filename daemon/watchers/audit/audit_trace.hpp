// Which files an event changed, as traces (watchers/file_traces.hpp).
#pragma once

#include <vector>

#include "watchers/audit/audit_act.hpp"
#include "watchers/file_traces.hpp"

namespace integrityd {

// Empty where nothing was changed: a call that only reads, or one that was refused.
[[nodiscard]] std::vector<FileTrace> traces_of(const AuditAct& act);

}  // namespace integrityd
