// Times for people. Programs get RFC 3339 from the library (--json).
#pragma once

#include <string>

#include <integrity/integrity.hpp>

namespace integrityctl {

// "2026-11-22 03:54:25" in the local time zone; "-" for none.
[[nodiscard]] std::string local_time(integrity::Time time);

// How long ago, in one unit: "now", "12 s", "5 min", "3 h", "2 d"; "-" for none. Of what lies ahead how long until
// then.
[[nodiscard]] std::string distance(integrity::Time time, integrity::Time now);

// "2026-11-22 03:54:25 (5 min ago)"
[[nodiscard]] std::string time_and_age(integrity::Time time, integrity::Time now);

}  // namespace integrityctl
