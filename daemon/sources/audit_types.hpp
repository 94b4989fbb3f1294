// Types of audit records: names, numbers, and what a number says about the record.
#pragma once

#include <cstdint>
#include <string_view>

namespace integrityd {

// Those that are met by number in the code; the rest have names (rules of the configuration).
namespace audit_type {
inline constexpr std::uint16_t unknown = 0;
inline constexpr std::uint16_t user = 1005;
inline constexpr std::uint16_t login = 1006;
inline constexpr std::uint16_t daemon_start = 1200;
inline constexpr std::uint16_t syscall = 1300;
inline constexpr std::uint16_t path = 1302;
inline constexpr std::uint16_t config_change = 1305;
inline constexpr std::uint16_t sockaddr = 1306;
inline constexpr std::uint16_t cwd = 1307;
inline constexpr std::uint16_t execve = 1309;
inline constexpr std::uint16_t tty = 1319;
inline constexpr std::uint16_t end_of_event = 1320;
inline constexpr std::uint16_t netfilter_packet = 1324;
inline constexpr std::uint16_t proctitle = 1327;
inline constexpr std::uint16_t event_listener = 1335;
inline constexpr std::uint16_t io_uring_operation = 1336;
inline constexpr std::uint16_t device_mapper_event = 1339;
inline constexpr std::uint16_t access_vector_cache = 1400;
inline constexpr std::uint16_t kernel = 2000;
}  // namespace audit_type

// The number of a name as auditd writes it, "UNKNOWN[1334]" included; 0 for a name that is not known.
[[nodiscard]] std::uint16_t audit_type_number(std::string_view name);
// The name of a number; "UNKNOWN" for one that libaudit does not know. Valid for the life of the program.
[[nodiscard]] std::string_view audit_type_name(std::uint16_t number);

// auditd's own records: their serials are of a counter of auditd's own.
[[nodiscard]] constexpr bool is_daemon_type(std::uint16_t number) {
    return number >= 1200 && number <= 1299;
}
// Sent by programs through the kernel, which gives each an event of its own.
[[nodiscard]] constexpr bool is_user_type(std::uint16_t number) {
    return number == audit_type::user || (number >= 1100 && number <= 1199) || (number >= 2100 && number <= 2999);
}
// A record that is an event of its own. Of the kernel's records these are only the ones that it writes outside of any
// task: whatever a task causes is followed by that task's SYSCALL record with the same serial.
[[nodiscard]] constexpr bool is_single_record_type(std::uint16_t number) {
    return is_user_type(number) || is_daemon_type(number) || number == audit_type::kernel ||
           number == audit_type::netfilter_packet || number == audit_type::device_mapper_event;
}
// The last record of an event. The kernel writes PROCTITLE directly before EOE, and auditd leaves EOE out of its log.
[[nodiscard]] constexpr bool ends_audit_event(std::uint16_t number) {
    return number == audit_type::end_of_event || number == audit_type::proctitle;
}

}  // namespace integrityd
