// What the kernel says of its audit: AUDIT_GET and AUDIT_LIST_RULES, out of the memory file that AuditKernel::status()
// hands out (its form: sources/audit_status_form.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace integrityd {

struct AuditKernelStatus {
    std::uint32_t enabled = 0;                   // 0 off, 1 on, 2 on and locked until the next boot
    std::uint32_t failure = 0;                   // 0 silent, 1 printk, 2 panic
    std::uint32_t pid = 0;                       // of auditd; 0: nobody takes the records
    std::uint32_t rate_limit = 0;                // records a second; 0: none
    std::uint32_t backlog_limit = 0;             // records
    std::uint32_t lost = 0;                      // records, since boot or `auditctl --reset-lost`
    std::uint32_t backlog = 0;                   // records that wait for auditd
    std::uint32_t backlog_wait_time = 0;         // in ticks of the kernel; 0 where an old kernel does not tell
    std::uint32_t backlog_wait_time_actual = 0;  // the same, spent so far
};

struct AuditLoadedRule {
    std::string sha256;       // of the kernel's form, in hex
    std::string description;  // for people, as auditctl -l would say it; escaped, at most some 300 bytes
};

struct AuditStatus {
    AuditKernelStatus kernel;
    std::vector<AuditLoadedRule> rules;  // in the order in which they are applied
    std::string rules_sha256;            // of the rules' digests in this order
};

// Total: any bytes give a status or an error.
[[nodiscard]] Result<AuditStatus> parse_audit_status(std::string_view bytes);

// Reads the memory file from its beginning. Blocks no longer than memory does.
[[nodiscard]] Result<AuditStatus> read_audit_status(int fd);

}  // namespace integrityd
