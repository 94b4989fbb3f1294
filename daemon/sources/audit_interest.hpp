// AuditInterest: looks first, so that fields are parsed only for events somebody wants.
//
// Decides by the types of the records, by the key of a rule and by the number of a system call, each found without
// walking over the fields. It may say yes to what nobody wants in the end, and never no to what somebody does.
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sources/audit_assembler.hpp"
#include "sources/audit_syscalls.hpp"

namespace integrityd {

struct AuditInterests {
    std::vector<std::uint16_t> types;
    std::vector<std::string> keys;
    bool any_key = false;
    bool unknown_types = false;     // names that libaudit does not know
    bool all_syscalls = false;      // every event with a SYSCALL or URINGOP record
    bool write_syscalls = false;    // those that may change a file, tried in vain or not
    bool refused_syscalls = false;  // those that ended with EACCES or EPERM
};

// Not for several threads (AuditSyscalls keeps tables).
class AuditInterest {
public:
    explicit AuditInterest(const AuditInterests& interests);

    [[nodiscard]] bool wants(const AuditEvent& event);
    [[nodiscard]] bool wants(const AuditRecord& record);

private:
    static constexpr std::size_t type_count = 4096;

    [[nodiscard]] bool wants_syscall(std::string_view body);
    [[nodiscard]] bool wants_key(const AuditRecord& record) const;

    std::bitset<type_count> types_;
    std::vector<std::string> keys_;  // sorted
    bool any_key_;
    bool unknown_types_;
    bool all_syscalls_;
    bool write_syscalls_;
    bool refused_syscalls_;
    AuditSyscalls syscalls_;
};

// The key of a record as it stands, quotes included, where it is the last field (as in SYSCALL); else empty.
[[nodiscard]] std::string_view last_key(std::string_view body);

// The head of a SYSCALL record's body, which the kernel writes in one order.
struct AuditSyscallHead {
    std::uint32_t arch = 0;
    std::uint64_t number = 0;
    std::string_view rest;  // success=… and what follows
};
[[nodiscard]] std::optional<AuditSyscallHead> syscall_head(std::string_view body);

}  // namespace integrityd
