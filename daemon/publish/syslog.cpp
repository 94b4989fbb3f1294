#include "publish/syslog.hpp"

#include <array>
#include <ctime>
#include <fmt/format.h>
#include <unistd.h>

#include "publish/message.hpp"

namespace integrityd {

namespace {

// What every syslog daemon should take (RFC 5424 section 6.1), with room for the header.
constexpr std::size_t longest_message = 1984;

// "Jan 15 08:00:00": RFC 3164 has local time and English months, whatever the locale says.
std::string timestamp(WallTime time) {
    constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto seconds = static_cast<std::time_t>(time / 1'000'000);
    std::tm local{};
    if (::localtime_r(&seconds, &local) == nullptr) return "Jan  1 00:00:00";
    return fmt::format("{} {:2} {:02}:{:02}:{:02}", months.at(static_cast<std::size_t>(local.tm_mon)), local.tm_mday,
                       local.tm_hour, local.tm_min, local.tm_sec);
}

}  // namespace

Result<void> SyslogPublisher::publish(const Event& event) {
    return target_.send(fmt::format("<{}>{} integrityd[{}]: {}", facility_ | message_priority(event),
                                    timestamp(event.time), ::getpid(), message_line(event, longest_message)));
}

}  // namespace integrityd
