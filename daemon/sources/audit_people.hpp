// What is shown to people: users, groups, system calls, modes and addresses by name.
//
// For the worker's lane alone: names of users are asked for with getpwuid(), and that may wait for the network.
#pragma once

#include <map>
#include <string>

#include "core/result.hpp"
#include "sources/audit_assembler.hpp"

namespace integrityd {

// The lines of an event as the log has them: a value that can be given to another thread.
[[nodiscard]] std::string audit_event_text(const AuditEvent& event);

// More fields than an event with some paths has.
inline constexpr std::size_t max_audit_words = 256;

// Field → what libauparse makes of it, raw bytes: `auid` → "alice", `syscall` → "openat", `proctitle` → "vi /etc/x",
// `saddr` → "{ saddr_fam=inet laddr=… }". The first of a name stands; of the PATH records' fields only those in
// `name` are told, as `name`, `name.1` … Names of users are this machine's, unless the log brought its own.
[[nodiscard]] Result<std::map<std::string, std::string>> audit_for_people(const std::string& event_text);

}  // namespace integrityd
