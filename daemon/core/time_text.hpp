// Wall time as text.
#pragma once

#include <string>

#include "core/values.hpp"

namespace integrityd {

// RFC 3339 in UTC with microseconds, "2026-11-22T03:22:00.000001Z"; "" for 0 (never, none).
[[nodiscard]] std::string rfc3339(WallTime time);

}  // namespace integrityd
