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
    bool more = false;                 // newer ones than these are there: look for the last of these
    bool shifted = false;              // files were renamed meanwhile, so that only one that is surely next is told
    std::optional<Error> refused;      // the log, or all of them, cannot be opened; nothing else is known
};

// So many newer ones are held open at once: a daemon may have 1,024 descriptors (the unit's soft limit).
inline constexpr std::size_t most_newer_logs = 64;

// Opens one after the other, from the newest, until `is_it` says so, and then `beyond` more. While that goes on auditd
// may rotate. Files move to higher numbers only, so that the one that is looked for is never passed by, and the one
// that was opened just before it is its successor. Of the others that is only known when there was no rotation
// meanwhile.
[[nodiscard]] AuditLogsFound find_audit_logs(Opener& opener, const std::function<bool(const OpenedLog&)>& is_it,
                                             std::size_t beyond);

}  // namespace integrityd
