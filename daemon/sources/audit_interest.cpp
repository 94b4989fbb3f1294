#include "sources/audit_interest.hpp"

#include <algorithm>
#include <limits>

#include "sources/audit_types.hpp"
#include "sources/audit_values.hpp"

namespace integrityd {

namespace {

std::optional<std::uint64_t> take_value(std::string_view& text, std::string_view name, int base) {
    if (!text.starts_with(name)) return std::nullopt;
    text.remove_prefix(name.size());
    const std::size_t end = std::min(text.find(' '), text.size());
    const auto value = decode_number(text.substr(0, end), base);
    text.remove_prefix(std::min(end + 1, text.size()));
    return value;
}

// a0 to a3 come within 150 bytes: success, exit and four numbers of 16 digits.
std::optional<std::uint64_t> argument(std::string_view rest, std::string_view name) {
    constexpr std::size_t reach = 160;
    rest = rest.substr(0, reach);
    const std::size_t at = rest.find(name);
    if (at == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(at);
    return take_value(rest, name, 16);
}

// -EACCES or -EPERM.
bool was_refused(std::string_view rest) {
    return rest.starts_with("success=no exit=-13 ") || rest.starts_with("success=no exit=-1 ");
}

}  // namespace

std::string_view last_key(std::string_view body) {
    constexpr std::string_view name = "key=";
    while (body.ends_with(' '))
        body.remove_suffix(1);
    const std::size_t space = body.rfind(' ');
    const std::string_view last = space == std::string_view::npos ? body : body.substr(space + 1);
    return last.starts_with(name) ? last.substr(name.size()) : std::string_view();
}

std::optional<AuditSyscallHead> syscall_head(std::string_view body) {
    const auto arch = take_value(body, "arch=", 16);
    if (!arch || *arch > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    if (body.starts_with("per=")) body.remove_prefix(std::min(body.find(' '), body.size() - 1) + 1);
    const auto number = take_value(body, "syscall=", 10);
    if (!number) return std::nullopt;
    return AuditSyscallHead{static_cast<std::uint32_t>(*arch), *number, body};
}

AuditInterest::AuditInterest(const AuditInterests& interests)
    : keys_(interests.keys),
      any_key_(interests.any_key),
      unknown_types_(interests.unknown_types),
      all_syscalls_(interests.all_syscalls),
      write_syscalls_(interests.write_syscalls),
      refused_syscalls_(interests.refused_syscalls) {
    std::ranges::sort(keys_);
    for (const std::uint16_t type : interests.types) {
        if (type < type_count) types_.set(type);
    }
}

bool AuditInterest::wants(const AuditEvent& event) {
    return std::ranges::any_of(event.records, [this](const AuditRecord& record) { return wants(record); });
}

bool AuditInterest::wants(const AuditRecord& record) {
    if (record.number == audit_type::unknown || record.number >= type_count) return unknown_types_;
    if (types_.test(record.number)) return true;
    if (record.number == audit_type::syscall) return wants_syscall(record.body) || wants_key(record);
    if (record.number == audit_type::io_uring_operation)
        return all_syscalls_ || write_syscalls_ || refused_syscalls_ || wants_key(record);
    return record.number == audit_type::config_change && wants_key(record);
}

bool AuditInterest::wants_syscall(std::string_view body) {
    if (all_syscalls_) return true;
    if (!write_syscalls_ && !refused_syscalls_) return false;
    const auto head = syscall_head(body);
    if (!head) return true;  // not as the kernel writes it: look closely
    if (refused_syscalls_ && was_refused(head->rest)) return true;
    if (!write_syscalls_) return false;
    const AuditWrite write = syscalls_.write_like(head->arch, head->number);
    if (write == AuditWrite::no || write == AuditWrite::yes) return write == AuditWrite::yes;
    const auto flags = argument(head->rest, write == AuditWrite::flags_in_a1 ? "a1=" : "a2=");
    return !flags || opens_for_writing(*flags);
}

bool AuditInterest::wants_key(const AuditRecord& record) const {
    if (keys_.empty() && !any_key_) return false;
    const std::string_view raw = last_key(record.body);
    if (raw == "(null)") return false;
    if (any_key_) return !raw.empty() || find_text(record, "key").has_value();
    if (raw.size() >= 2 && raw.front() == '"' && raw.back() == '"') {
        return std::ranges::binary_search(keys_, raw.substr(1, raw.size() - 2), std::less<>());
    }
    return std::ranges::any_of(decode_keys(record),
                               [this](const std::string& key) { return std::ranges::binary_search(keys_, key); });
}

}  // namespace integrityd
