#include "watchers/audit/audit_trace.hpp"

namespace integrityd {

std::vector<FileTrace> traces_of(const AuditAct& act) {
    std::vector<FileTrace> traces;
    if (!act.write_like || act.result == AuditResult::failure) return traces;
    const ValueMap actor = act.actor();
    for (const AuditPath& path : act.paths) {
        // The directory around it changes with each entry: nobody asks who touched that.
        if (path.role == AuditPathRole::parent || (path.path.empty() && !path.identity)) continue;
        FileTrace trace{.path = path.path, .identity = path.identity, .time = act.time(), .actor = actor};
        trace.gone = path.role == AuditPathRole::deleted;
        traces.push_back(std::move(trace));
    }
    return traces;
}

}  // namespace integrityd
