// What the values of audit fields mean: text, numbers, results, keys, arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sources/audit_fields.hpp"

namespace integrityd {

// (null), (none), ? and nothing: there is no value. Text in quotes is always a value.
[[nodiscard]] bool is_null(const AuditField& field);

// Whether the kernel writes this field of records of this type as text: in quotes, or as hex without.
[[nodiscard]] bool is_text_field(std::uint16_t type, std::string_view name);

// More than any path; what is longer is cut.
inline constexpr std::size_t max_audit_text = 8192;
// The bytes of a text field, any bytes; other fields as they stand. Hex that is none stands as it is.
[[nodiscard]] std::string decode_text(std::uint16_t type, const AuditField& field, std::size_t limit = max_audit_text);
// Decoded if there and not null.
[[nodiscard]] std::optional<std::string> find_text(const AuditRecord& record, std::string_view name);

// The whole value in base 10 (or 16, without 0x), or nothing.
[[nodiscard]] std::optional<std::uint64_t> decode_number(std::string_view value, int base = 10);
// exit=-13.
[[nodiscard]] std::optional<std::int64_t> decode_signed(std::string_view value);
// uid, gid, auid, ses; none for 4294967295 and -1, which stand for "unset".
[[nodiscard]] std::optional<std::uint32_t> decode_id(std::string_view value);

enum class AuditResult : std::uint8_t { unknown, success, failure };
// 1, success, yes, ok; 0, failed, no.
[[nodiscard]] AuditResult decode_result(std::string_view value);
// By success= of a system call, else res= or result=.
[[nodiscard]] AuditResult result_of(const AuditRecord& record);

// The keys of rules that a record matched; several are parted by 0x01, and the value is hex then.
[[nodiscard]] std::vector<std::string> decode_keys(const AuditRecord& record);
[[nodiscard]] std::vector<std::string> decode_keys(const AuditField& key);

// The arguments of a program, put together out of all EXECVE records of an event.
struct AuditArguments {
    std::vector<std::string> arguments;
    std::uint64_t stated = 0;  // argc
    bool cut = false;          // more, or longer, than is held here
};
// 128 KiB is one argument's limit in the kernel; who is shown more than this reads none of it.
inline constexpr std::size_t max_argument_bytes = 32U << 10;
inline constexpr std::size_t max_arguments = 1024;
[[nodiscard]] AuditArguments execve_arguments(std::span<const AuditRecord> records);

}  // namespace integrityd
