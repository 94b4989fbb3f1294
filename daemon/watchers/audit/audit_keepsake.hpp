// AuditKeepsake: what the audit watcher keeps over a restart, as text (WatcherSink::keep).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sources/audit_record.hpp"
#include "sources/audit_serials.hpp"
#include "watchers/audit/audit_status_judge.hpp"

namespace integrityd {

struct AuditKeepsake {
    std::string log;                 // where to go on in the log (AuditLog::cursor)
    std::string told;                // the last events that were judged (AuditTold::text)
    std::optional<AuditStamp> last;  // the highest serial that the log had
    std::vector<AuditGap> holes;     // in its serials, that were not told yet
    std::optional<AuditLostMark> lost;
};

[[nodiscard]] std::string to_text(const AuditKeepsake& kept);
// Total: lines that are not known, or not of their form, are passed over.
[[nodiscard]] AuditKeepsake parse_audit_keepsake(std::string_view text);

}  // namespace integrityd
