#include "sources/audit_record.hpp"

#include <cstring>
#include <limits>

#include "sources/audit_types.hpp"

namespace integrityd {

namespace {

constexpr char enriched_mark = '\x1d';
// auditd writes host names and addresses; HOST_NAME_MAX is 64, a domain name has 255 at most.
constexpr std::size_t max_node = 255;
// The longest name of libaudit's table has 27 characters.
constexpr std::size_t max_type = 64;
// Seconds with 12 digits last for 30,000 years, and times 1000 they fit into 64 bits.
constexpr std::uint64_t max_seconds = 999'999'999'999;
constexpr std::uint64_t max_fraction = 999;

bool take(std::string_view& text, std::string_view expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
}

// A word of 1 to `limit` bytes up to a space, which is taken with it.
std::optional<std::string_view> take_word(std::string_view& text, std::size_t limit) {
    const std::size_t end = text.substr(0, limit + 1).find(' ');
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end + 1);
    return word;
}

// Decimal digits up to `end`, which is taken with them; at least one.
std::optional<std::uint64_t> take_number(std::string_view& text, char end, std::uint64_t limit) {
    std::uint64_t number = 0;
    std::size_t at = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
        number = number * 10 + static_cast<std::uint64_t>(text[at] - '0');
        if (number > limit) return std::nullopt;
    }
    if (at == 0 || at == text.size() || text[at] != end) return std::nullopt;
    text.remove_prefix(at + 1);
    return number;
}

// `audit(SEC.MSEC:SERIAL):`. The colon is missing in DAEMON_CONFIG records of audit 2.x.
std::optional<AuditStamp> take_stamp(std::string_view& text) {
    if (!take(text, "audit(")) return std::nullopt;
    const auto seconds = take_number(text, '.', max_seconds);
    if (!seconds) return std::nullopt;
    const auto fraction = take_number(text, ':', max_fraction);
    if (!fraction) return std::nullopt;
    const auto serial = take_number(text, ')', std::numeric_limits<std::uint32_t>::max());
    if (!serial) return std::nullopt;
    take(text, ":");
    return AuditStamp{*seconds * 1000 + *fraction, static_cast<std::uint32_t>(*serial)};
}

// The first mark ends the body: the kernel writes none (control bytes become hex), while what auditd adds after it may
// hold bytes that any user chose (the path of a socket).
void split_body(std::string_view text, AuditRecord& record) {
    const void* const mark = text.empty() ? nullptr : std::memchr(text.data(), enriched_mark, text.size());
    if (mark != nullptr) {
        const auto at = static_cast<std::size_t>(static_cast<const char*>(mark) - text.data());
        record.enriched = text.substr(at + 1);
        text = text.substr(0, at);
    }
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    record.body = text;
}

}  // namespace

std::optional<AuditRecord> scan_audit_record(std::string_view line) {
    AuditRecord record;
    if (line.starts_with("node=")) {
        line.remove_prefix(5);
        const auto node = take_word(line, max_node);
        if (!node) return std::nullopt;
        record.node = *node;
    }
    if (!take(line, "type=")) return std::nullopt;
    const auto type = take_word(line, max_type);
    if (!type || !take(line, "msg=")) return std::nullopt;
    const auto stamp = take_stamp(line);
    if (!stamp) return std::nullopt;
    record.type = *type;
    record.number = audit_type_number(*type);
    record.stamp = *stamp;
    split_body(line, record);
    return record;
}

std::optional<AuditRecord> scan_audit_message(std::uint16_t type_number, std::string_view payload) {
    // The kernel ends some messages with a NUL, and user space ends its own with a line feed.
    while (!payload.empty() && (payload.back() == '\0' || payload.back() == '\n'))
        payload.remove_suffix(1);
    const auto stamp = take_stamp(payload);
    if (!stamp) return std::nullopt;
    AuditRecord record;
    record.number = type_number;
    record.type = audit_type_name(type_number);
    record.stamp = *stamp;
    split_body(payload, record);
    return record;
}

}  // namespace integrityd
