// What happened in the directory of the audit log, out of inotify's events.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace integrityd {

struct AuditLogChanges {
    bool written = false;  // the log
    bool closed = false;   // by somebody who could write it: auditd keeps it open
    bool older_written = false;
    bool older_closed = false;
    bool attributes = false;  // of the log, of an older one or of the directory
    bool names = false;       // which file has which name
    bool removed = false;     // the log's name was unlinked
    unsigned rotations = 0;   // the log was renamed to `.1`
    bool overflow = false;    // the kernel had no room for all events
    bool directory_gone = false;
    std::vector<unsigned> older_removed;  // unlinked, not replaced by renaming
};

// Reads events one buffer after the other; a rename's two halves may be in two of them.
class AuditLogNames {
public:
    // `name` of the log in its directory.
    explicit AuditLogNames(std::string name) : name_(std::move(name)) {}

    // `events` as read from the descriptor.
    void read(std::string_view events, AuditLogChanges& changes);

    // N of `audit.log.N`; 0 where it is none.
    [[nodiscard]] unsigned older_number(std::string_view name) const;

private:
    void read_log(std::uint32_t mask, std::uint32_t cookie, AuditLogChanges& changes);
    void read_older(unsigned number, std::uint32_t mask, std::uint32_t cookie, AuditLogChanges& changes) const;

    std::string name_;
    std::uint32_t moved_from_ = 0;  // cookie of the log's last renaming
};

}  // namespace integrityd
