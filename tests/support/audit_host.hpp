// AuditHost: this machine's real audit, put back exactly as it was when the test is over.
//
// One test at a time on the whole machine (a lock file). Other programs' audit is left alone: with an auditd that runs,
// rules that are loaded, or a locked configuration there is nothing to be done here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "core/audit_kernel.hpp"
#include "sources/audit_status.hpp"
#include "support/temporary_directory.hpp"

namespace integrityd::test {

class AuditHost {
public:
    // Why the tests cannot run here; empty: they can.
    static std::string why_not();

    // Auditing is on, with room for 8192 records; no rules, nobody takes the records.
    AuditHost();
    ~AuditHost();
    AuditHost(const AuditHost&) = delete;
    AuditHost& operator=(const AuditHost&) = delete;

    [[nodiscard]] AuditKernel& kernel() { return *kernel_; }
    // As the product reads it.
    [[nodiscard]] AuditStatus status();
    // auditctl with these words; true: it ended with 0.
    static bool auditctl(const std::string& words);

    // A real auditd with its own directory; returns when the kernel knows it. Its process id.
    pid_t start_auditd();
    void signal_auditd(int signal) const;
    // In order, or killed; returns when the process is gone. False: after failure_bound it had to be killed.
    bool end_auditd(int signal);
    [[nodiscard]] std::string log() const { return directory_ / "audit.log"; }

    // Waits until the log has a line with this in it; false when nothing comes for failure_bound.
    [[nodiscard]] bool wait_for_log(std::string_view text) const;

private:
    void write_config() const;

    int lock_ = -1;
    TemporaryDirectory directory_;
    std::unique_ptr<AuditKernel> kernel_;
    AuditKernelStatus before_;
    bool state_file_before_ = false;
    pid_t auditd_ = -1;
};

// Receives from a joined feed until `wanted` says so of a record; false when none comes for failure_bound.
[[nodiscard]] bool wait_for_record(int feed, const std::function<bool(std::uint16_t, std::string_view)>& wanted);

}  // namespace integrityd::test
