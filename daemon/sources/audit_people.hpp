// What is shown to people: users, groups, system calls, modes and addresses by name.
//
// Not for a loop: names of users are asked for with getpwuid(), and that may wait for the network. A library of its
// own: integrityctl links it without the rest, and the daemon does without libauparse.
#pragma once

#include <map>
#include <string>

#include "core/result.hpp"

namespace integrityd {

// More fields than an event with some paths has.
inline constexpr std::size_t max_audit_words = 256;

// Field of the records in `event_text` (audit_text.hpp) → what libauparse makes of it, raw bytes: `auid` → "alice",
// `syscall` → "openat", `proctitle` → "vi /etc/x", `saddr` → "{ saddr_fam=inet laddr=… }". The first of a name stands;
// of the PATH records' fields only those in `name` are told, as `name`, `name.1` … Names of users are this machine's,
// unless the log brought its own.
[[nodiscard]] Result<std::map<std::string, std::string>> audit_for_people(const std::string& event_text);

}  // namespace integrityd
