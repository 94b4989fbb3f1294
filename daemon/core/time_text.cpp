#include "core/time_text.hpp"

#include <ctime>
#include <fmt/core.h>

namespace integrityd {

namespace {

constexpr std::int64_t last_second_of_9999 = 253402300799;
constexpr std::int64_t first_second_of_0000 = -62167219200;

std::string text_of(std::int64_t seconds, std::uint64_t microseconds) {
    const std::time_t time = seconds;
    std::tm utc{};
    if (gmtime_r(&time, &utc) == nullptr) return "";
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                       utc.tm_hour, utc.tm_min, utc.tm_sec, microseconds);
}

}  // namespace

std::string rfc3339(WallTime time) {
    return time == 0 ? "" : text_of(static_cast<std::int64_t>(time / 1'000'000), time % 1'000'000);
}

std::string rfc3339_of_seconds(std::int64_t seconds) {
    return seconds < first_second_of_0000 || seconds > last_second_of_9999 ? "" : text_of(seconds, 0);
}

}  // namespace integrityd
