// What integrityctl exits with. `status` exits with the verdict alone: 0 intact, 1 degraded, 2 violated, 3 unknown.
#pragma once

#include <string>

#include <integrity/integrity.hpp>

namespace integrityctl {

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;  // the daemon refused or failed
inline constexpr int exit_usage = 2;
inline constexpr int exit_unknown = 3;       // `status` alone
inline constexpr int exit_no_daemon = 69;    // EX_UNAVAILABLE of sysexits.h
inline constexpr int exit_not_allowed = 77;  // EX_NOPERM

[[nodiscard]] int exit_code_of(const integrity::Error& error);

// What went wrong and what to do about it; one or two lines, printable.
[[nodiscard]] std::string advice(const integrity::Error& error);

}  // namespace integrityctl
