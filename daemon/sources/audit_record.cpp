#include "sources/audit_record.hpp"

#include <algorithm>
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
// Of any number here: 12 of the seconds, and no number of so many overflows.
constexpr std::size_t max_digits = 12;

// A literal's size is known, so this is a comparison of a word or two.
template <std::size_t size>
bool take(std::string_view& text, const char (&expected)[size]) {
    constexpr std::size_t length = size - 1;
    if (text.size() < length || std::memcmp(text.data(), expected, length) != 0) return false;
    text.remove_prefix(length);
    return true;
}

// A word of 1 to `limit` bytes up to a space, which is taken with it.
bool take_word(std::string_view& text, std::size_t limit, std::string_view& word) {
    std::size_t end = 0;
    while (end < text.size() && end <= limit && text[end] != ' ')
        ++end;
    if (end == 0 || end > limit || end == text.size()) return false;
    word = text.substr(0, end);
    text.remove_prefix(end + 1);
    return true;
}

// Decimal digits up to `end`, which is taken with them; at least one.
bool take_number(std::string_view& text, char end, std::uint64_t limit, std::uint64_t& number) {
    const std::size_t reach = std::min(text.size(), max_digits + 1);
    std::size_t at = 0;
    for (; at < reach; ++at) {
        const unsigned digit = static_cast<unsigned char>(text[at]) - unsigned{'0'};
        if (digit > 9) break;
        number = number * 10 + digit;
    }
    if (at == 0 || at == reach || text[at] != end || number > limit) return false;
    text.remove_prefix(at + 1);
    return true;
}

// `audit(SEC.MSEC:SERIAL):`. The colon is missing in DAEMON_CONFIG records of audit 2.x.
bool take_stamp(std::string_view& text, AuditStamp& stamp) {
    std::uint64_t seconds = 0;
    std::uint64_t fraction = 0;
    std::uint64_t serial = 0;
    const bool whole = take(text, "audit(") && take_number(text, '.', max_seconds, seconds) &&
                       take_number(text, ':', max_fraction, fraction) &&
                       take_number(text, ')', std::numeric_limits<std::uint32_t>::max(), serial);
    if (!whole) return false;
    take(text, ":");
    stamp = {seconds * 1000 + fraction, static_cast<std::uint32_t>(serial)};
    return true;
}

// The first mark ends the body: the kernel writes none (control bytes become hex), while what auditd adds after it may
// hold bytes that any user chose (the path of a socket).
void split_body(std::string_view text, bool may_be_enriched, AuditRecord& record) {
    const bool look = may_be_enriched && !text.empty();
    const void* const mark = !look ? nullptr : std::memchr(text.data(), enriched_mark, text.size());
    if (mark != nullptr) {
        const auto at = static_cast<std::size_t>(static_cast<const char*>(mark) - text.data());
        record.enriched = text.substr(at + 1);
        text = text.substr(0, at);
    }
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    record.body = text;
}

template <typename Take>
bool scan(std::string_view line, bool may_be_enriched, Take&& take_its_stamp, AuditRecord& record) {
    if (take(line, "node=") && !take_word(line, max_node, record.node)) return false;
    if (!take(line, "type=") || !take_word(line, max_type, record.type)) return false;
    if (!take(line, "msg=") || !take_its_stamp(line, record.stamp)) return false;
    record.number = audit_type_number(record.type);
    split_body(line, may_be_enriched, record);
    return true;
}

}  // namespace

std::optional<AuditRecord> scan_audit_record(std::string_view line, bool may_be_enriched) {
    // The record is made where it is returned: moving it costs as much as scanning the line.
    std::optional<AuditRecord> record(std::in_place);
    if (!scan(line, may_be_enriched, take_stamp, *record)) record.reset();
    return record;
}

std::optional<AuditRecord> AuditRecordScanner::scan(std::string_view line, bool may_be_enriched) {
    std::optional<AuditRecord> record(std::in_place);
    const auto take_its_stamp = [this](std::string_view& text, AuditStamp& stamp) { return take_stamp(text, stamp); };
    if (!integrityd::scan(line, may_be_enriched, take_its_stamp, *record)) record.reset();
    return record;
}

bool AuditRecordScanner::take_stamp(std::string_view& text, AuditStamp& stamp) {
    if (last_size_ > 0 && text.size() >= last_size_ && std::memcmp(text.data(), last_text_.data(), last_size_) == 0) {
        stamp = last_;
        text.remove_prefix(last_size_);
        return true;
    }
    const std::string_view before = text;
    if (!integrityd::take_stamp(text, stamp)) return false;
    const std::size_t size = before.size() - text.size();
    // Without its colon the text could be the begin of another one's.
    last_size_ = size <= longest_stamp && before[size - 1] == ':' ? size : 0;
    std::copy_n(before.begin(), last_size_, last_text_.begin());
    last_ = stamp;
    return true;
}

std::optional<AuditRecord> scan_audit_message(std::uint16_t type_number, std::string_view payload) {
    // The kernel ends some messages with a NUL, and user space ends its own with a line feed.
    while (!payload.empty() && (payload.back() == '\0' || payload.back() == '\n'))
        payload.remove_suffix(1);
    AuditRecord record;
    if (!take_stamp(payload, record.stamp)) return std::nullopt;
    record.number = type_number;
    record.type = audit_type_name(type_number);
    split_body(payload, true, record);
    return record;
}

}  // namespace integrityd
