// Finds the files of the rotated audit log: the log itself, then `.1`, `.2` … to the one that is looked for.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/opener.hpp"
#include "sources/audit_log_file.hpp"

namespace integrityd {

struct AuditLogsFound {
    std::vector<OpenedLog> files;      // the oldest first, none twice
    std::optional<std::size_t> place;  // in `files`: the one that was looked for
    bool log_missing = false;          // nothing has the log's own name
    bool more = false;                 // newer ones are there as well: look for the last of these
    std::optional<Error> refused;      // the log, or all of them, cannot be opened; nothing else is known
};

// So many newer ones are held open at once: a daemon may have 1,024 descriptors (the unit's soft limit).
inline constexpr std::size_t most_newer_logs = 64;

// Opens one after the other, from the newest, until `is_it` says so, and then `beyond` more. While that goes on auditd
// may rotate: files move to higher numbers only, so that none is passed by; what is created meanwhile is not among
// them.
[[nodiscard]] AuditLogsFound find_audit_logs(Opener& opener, const std::function<bool(const OpenedLog&)>& is_it,
                                             std::size_t beyond);

}  // namespace integrityd
