// AuditdProcess: the real auditd on a configuration and a log of a test's own. What it changes of the kernel's audit is
// put back: whether it is enabled, and how much it may queue.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>

namespace integrityd::test {

class AuditdProcess {
public:
    // Why it cannot run here: no root, no such program, another audit daemon …; none: it can.
    [[nodiscard]] static std::optional<std::string> why_not();

    // `directory` gets `auditd.conf` and `log/audit.log`; `options` are further lines of the configuration.
    explicit AuditdProcess(std::string directory, const std::string& options = "");
    ~AuditdProcess();  // SIGTERM, and puts the kernel's audit back as it was
    AuditdProcess(const AuditdProcess&) = delete;
    AuditdProcess& operator=(const AuditdProcess&) = delete;

    // True once it has the kernel's records and has written its first one.
    [[nodiscard]] bool start();
    void stop();
    void send(int signal) const;  // SIGUSR1 rotates
    [[nodiscard]] std::string log() const { return directory_ + "/log/audit.log"; }

private:
    std::string directory_;
    pid_t pid_ = -1;
    unsigned enabled_ = 0;
    unsigned backlog_limit_ = 0;
};

// One record of a user program (AUDIT_USER) with this text; false: the kernel did not take it.
class AuditTalker {
public:
    AuditTalker();
    ~AuditTalker();
    AuditTalker(const AuditTalker&) = delete;
    AuditTalker& operator=(const AuditTalker&) = delete;
    [[nodiscard]] bool say(const std::string& text) const;

private:
    int fd_;
};

}  // namespace integrityd::test
