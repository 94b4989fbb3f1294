// Who may read and write the audit log.
#pragma once

#include <optional>
#include <string>
#include <sys/stat.h>

namespace integrityd {

struct AuditLogRights {
    mode_t mode = 0;  // the permission bits
    uid_t owner = 0;
    gid_t group = 0;
    bool operator==(const AuditLogRights&) const = default;
};

// auditd makes its log 0600, or 0640 with a log_group, and takes the right to write from older ones. With an ACL the
// bits of the group are the most that any entry of it gives, so that none that lets others write is overlooked.
struct AuditLogRightsRule {
    uid_t owner = 0;
    std::optional<gid_t> group;  // auditd's log_group, beside root's; none: not known
    mode_t forbidden = 027;      // group may not write, others nothing
};

[[nodiscard]] AuditLogRights rights_of(const struct stat& status);
// What they should be: of what is there that part which may be.
[[nodiscard]] AuditLogRights expected_rights(const AuditLogRights& rights, const AuditLogRightsRule& rule);
// Of the directory around it: who may list it reads nothing of the log, and what makes it (systemd-tmpfiles) may give
// it another mode than auditd gives it later.
[[nodiscard]] AuditLogRightsRule rule_of_directory(const AuditLogRightsRule& rule);
[[nodiscard]] std::string to_text(const AuditLogRights& rights);  // "0640 0:4"

}  // namespace integrityd
