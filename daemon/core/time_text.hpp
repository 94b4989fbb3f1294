// Wall time as text.
#pragma once

#include <cstdint>
#include <string>

#include "core/values.hpp"

namespace integrityd {

// RFC 3339 in UTC with microseconds, "2026-11-22T03:22:00.000001Z"; "" for 0 (never, none).
[[nodiscard]] std::string rfc3339(WallTime time);
// The same of seconds since 1970, before it too; "" for a year that RFC 3339 cannot write.
[[nodiscard]] std::string rfc3339_of_seconds(std::int64_t seconds);

}  // namespace integrityd
