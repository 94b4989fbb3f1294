#include "support/auditd_process.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <libaudit.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/file_watch.hpp"

namespace integrityd::test {

namespace {

constexpr const char* program = "/usr/sbin/auditd";
// The kernel makes who sends wait when the queue is full: a burst shall fit.
constexpr unsigned backlog_limit = 8192;

std::optional<audit_status> kernel_status() {
    const UniqueFd fd(audit_open());
    if (!fd || audit_request_status(fd.get()) <= 0) return std::nullopt;
    audit_reply reply{};
    while (audit_get_reply(fd.get(), &reply, GET_REPLY_BLOCKING, 0) > 0) {
        if (reply.type == AUDIT_GET && reply.status != nullptr) return *reply.status;
        if (reply.type == NLMSG_ERROR && reply.error != nullptr && reply.error->error != 0) break;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> AuditdProcess::why_not() {
    if (geteuid() != 0) return "needs root for the kernel's audit";
    if (access(program, X_OK) != 0) return std::string(program) + " is not installed";
    const auto status = kernel_status();
    if (!status) return "the kernel's audit does not answer here";
    if (status->pid != 0) return "another audit daemon is running, as process " + std::to_string(status->pid);
    if (status->enabled == 2) return "the kernel's audit is locked until the next boot";
    return std::nullopt;
}

AuditdProcess::AuditdProcess(std::string directory, const std::string& options) : directory_(std::move(directory)) {
    std::filesystem::create_directories(directory_ + "/log");
    std::filesystem::create_directories(directory_ + "/plugins.d");
    // auditd takes a configuration that others can write for none.
    std::filesystem::permissions(directory_, std::filesystem::perms(0700));
    std::ofstream(directory_ + "/auditd.conf") << "log_file = " << log()
                                               << "\nlog_group = root\nlog_format = RAW\nflush = NONE\nnum_logs = 5\n"
                                                  "max_log_file = 8\nmax_log_file_action = ROTATE\nspace_left = 2\n"
                                                  "space_left_action = IGNORE\nadmin_space_left = 1\n"
                                                  "admin_space_left_action = IGNORE\ndisk_full_action = IGNORE\n"
                                                  "disk_error_action = IGNORE\nq_depth = 2000\nplugin_dir = "
                                               << directory_ << "/plugins.d\n"
                                               << options;
    std::filesystem::permissions(directory_ + "/auditd.conf", std::filesystem::perms(0640));
}

AuditdProcess::~AuditdProcess() {
    stop();
}

bool AuditdProcess::start() {
    const auto before = kernel_status();
    if (!before) return false;
    enabled_ = before->enabled;
    backlog_limit_ = before->backlog_limit;
    pid_ = ::fork();
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        ::execl(program, program, "-n", "-c", directory_.c_str(), nullptr);
        ::_exit(127);
    }
    const UniqueFd fd(audit_open());
    (void)audit_set_backlog_limit(fd.get(), backlog_limit);
    return wait_in_directory(directory_ + "/log", [this] {
        std::error_code error;
        const auto status = kernel_status();
        return status && status->pid == static_cast<unsigned>(pid_) && std::filesystem::file_size(log(), error) > 0 &&
               !error;
    });
}

void AuditdProcess::stop() {
    if (pid_ <= 0) return;
    (void)::kill(pid_, SIGCONT);
    (void)::kill(pid_, SIGTERM);
    (void)::waitpid(pid_, nullptr, 0);
    pid_ = -1;
    const UniqueFd fd(audit_open());
    (void)audit_set_backlog_limit(fd.get(), backlog_limit_);
    (void)audit_set_enabled(fd.get(), enabled_);
}

void AuditdProcess::send(int signal) const {
    (void)::kill(pid_, signal);
}

AuditTalker::AuditTalker() : fd_(audit_open()) {}

AuditTalker::~AuditTalker() {
    audit_close(fd_);
}

bool AuditTalker::say(const std::string& text) const {
    return audit_log_user_message(fd_, AUDIT_USER, text.c_str(), nullptr, nullptr, nullptr, 1) > 0;
}

}  // namespace integrityd::test
