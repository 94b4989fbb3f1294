// One line of the audit log, cut into its parts: `[node=H ]type=T msg=audit(SEC.MSEC:SERIAL): body[GS enriched]`.
//
// Nothing is copied and nothing is allocated: the parts are views of the line. Any bytes may come; what does not have
// this form is no record. The body is left alone here (audit_fields.hpp), because hardly anybody wants it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace integrityd {

// Time and serial name an event; the kernel gives both to all of its records. The serial is a counter of 32 bits that
// begins anew at boot, DAEMON_* records carry one of auditd's own.
struct AuditStamp {
    std::uint64_t milliseconds = 0;  // since 1970, the wall clock of the machine that wrote it
    std::uint32_t serial = 0;

    friend bool operator==(const AuditStamp&, const AuditStamp&) = default;
};

struct AuditRecord {
    std::uint16_t number = 0;  // of the type (audit_types.hpp); 0: a name that nobody knows
    std::string_view type;     // as written: "SYSCALL", "UNKNOWN[1334]"
    std::string_view node;     // empty where auditd writes no names
    AuditStamp stamp;
    std::string_view body;      // without the enriched part
    std::string_view enriched;  // what auditd added for people, in capitals (log_format = ENRICHED)
};

// `line` without its line feed. Who knows that auditd added nothing to it may say so: most of the time goes into
// looking.
[[nodiscard]] std::optional<AuditRecord> scan_audit_record(std::string_view line, bool may_be_enriched = true);

// The same for one line after the other: the records of an event follow each other and carry the same stamp, which is
// then compared and not read again.
class AuditRecordScanner {
public:
    [[nodiscard]] std::optional<AuditRecord> scan(std::string_view line, bool may_be_enriched = true);

private:
    // `audit(` and three numbers of 12, 3 and 10 digits, `):` and what is between them.
    static constexpr std::size_t longest_stamp = 40;

    [[nodiscard]] bool take_stamp(std::string_view& text, AuditStamp& stamp);

    std::array<char, longest_stamp> last_text_{};
    std::size_t last_size_ = 0;
    AuditStamp last_;
};

// A message of the kernel's own feed: the type is a number of the netlink header, the text begins with `audit(`.
[[nodiscard]] std::optional<AuditRecord> scan_audit_message(std::uint16_t type_number, std::string_view payload);

}  // namespace integrityd
