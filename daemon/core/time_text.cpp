#include "core/time_text.hpp"

#include <ctime>
#include <fmt/core.h>

namespace integrityd {

std::string rfc3339(WallTime time) {
    if (time == 0) return "";
    const auto seconds = static_cast<std::time_t>(time / 1'000'000);
    std::tm utc{};
    if (gmtime_r(&seconds, &utc) == nullptr) return "";
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                       utc.tm_hour, utc.tm_min, utc.tm_sec, time % 1'000'000);
}

}  // namespace integrityd
