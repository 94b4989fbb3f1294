#include "sources/audit_log_names.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <sys/inotify.h>

#include "core/opener.hpp"

namespace integrityd {

namespace {

// An older one that disappears matters only as such: the kernel tells one per inode that is gone for good.
constexpr std::size_t most_removed = most_older_files;

}  // namespace

unsigned AuditLogNames::older_number(std::string_view name) const {
    if (!name.starts_with(name_) || name.size() < name_.size() + 2 || name[name_.size()] != '.') return 0;
    const std::string_view digits = name.substr(name_.size() + 1);
    unsigned number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const bool whole = error == std::errc() && end == digits.data() + digits.size() && digits.front() != '0';
    return whole && number <= most_older_files ? number : 0;
}

void AuditLogNames::read(std::string_view events, AuditLogChanges& changes) {
    inotify_event event{};
    while (events.size() >= sizeof event) {
        std::memcpy(&event, events.data(), sizeof event);
        events.remove_prefix(sizeof event);
        std::string_view name = events.substr(0, event.len);
        events.remove_prefix(name.size());
        name = name.substr(0, name.find('\0'));  // padded with zeros
        if ((event.mask & IN_Q_OVERFLOW) != 0) changes.overflow = changes.names = true;
        if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) != 0)
            changes.directory_gone = true;
        if (name.empty() && (event.mask & IN_ATTRIB) != 0) changes.attributes = true;
        if (name == name_) {
            read_log(event.mask, event.cookie, changes);
        } else if (const unsigned number = older_number(name); number != 0) {
            read_older(number, event.mask, event.cookie, changes);
        }
    }
}

void AuditLogNames::read_log(std::uint32_t mask, std::uint32_t cookie, AuditLogChanges& changes) {
    if ((mask & IN_MODIFY) != 0) changes.written = true;
    if ((mask & IN_CLOSE_WRITE) != 0) changes.closed = true;
    if ((mask & IN_ATTRIB) != 0) changes.attributes = true;
    if ((mask & IN_DELETE) != 0) changes.removed = true;
    if ((mask & IN_MOVED_FROM) != 0) moved_from_ = cookie;
    if ((mask & (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)) != 0) changes.names = true;
}

void AuditLogNames::read_older(unsigned number, std::uint32_t mask, std::uint32_t cookie,
                               AuditLogChanges& changes) const {
    if ((mask & IN_MODIFY) != 0) changes.older_written = true;
    if ((mask & IN_CLOSE_WRITE) != 0) changes.older_closed = true;
    if ((mask & IN_ATTRIB) != 0) changes.attributes = true;
    if ((mask & IN_MOVED_TO) != 0 && number == 1 && cookie != 0 && cookie == moved_from_) ++changes.rotations;
    if ((mask & IN_DELETE) != 0 && changes.older_removed.size() < most_removed) changes.older_removed.push_back(number);
}

}  // namespace integrityd
