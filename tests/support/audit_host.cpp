#include "support/audit_host.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <libaudit.h>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sources/audit_feed.hpp"
#include "sources/audit_kernel.hpp"
#include "support/failure_bound.hpp"

namespace integrityd::test {

namespace {

constexpr int bound_ms = std::chrono::milliseconds(failure_bound).count();
constexpr const char* lock_file = "/tmp/integrityd-test-audit.lock";
constexpr const char* pid_file = "/run/auditd.pid";
constexpr const char* state_file = "/run/auditd.state";  // auditd writes it on SIGCONT and leaves it
constexpr std::uint32_t room = 8192;

bool installed(const char* program) {
    return access(program, X_OK) == 0;
}

// The feed is the first network namespace's alone: in another one may join it, and nothing comes. What is one for the
// whole machine among the network's settings is seen in the first alone; the links in /proc/PID/ns may not be read.
bool in_first_network() {
    return access("/proc/sys/net/core/netdev_max_backlog", F_OK) == 0;
}

// In the lock file from the first change of the machine's audit to the last: who finds it there and gets the lock knows
// that a test was killed.
constexpr std::string_view changed_mark = "changed\n";

bool is_marked(int lock) {
    struct stat file {};
    return fstat(lock, &file) == 0 && file.st_size > 0;
}

std::string content_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

}  // namespace

std::string AuditHost::why_not() {
    if (geteuid() != 0) return "needs root";
    if (!installed("/sbin/auditctl") || !installed("/sbin/auditd")) return "auditd is not installed";
    // Who else tests with it is waited for.
    const UniqueFd lock(open(lock_file, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock || flock(lock.get(), LOCK_EX) != 0) return "the lock of the machine's audit cannot be taken";
    if (!in_first_network()) return "needs the machine's first network namespace";
    const auto kernel = make_audit_kernel();
    const auto file = kernel->status();
    if (!file) return "the kernel's audit is not for us: " + file.error().message;
    const auto status = read_audit_status(file->get());
    if (!status) return status.error().message;
    // The kernel names one that was killed until it has something for it.
    if (status->kernel.pid != 0 && kill(static_cast<pid_t>(status->kernel.pid), 0) == 0) return "another auditd runs";
    if (!status->rules.empty())
        return is_marked(lock.get())
                   ? "audit rules are loaded, as a test left them that was killed: auditctl -D; auditctl -e 0"
                   : "audit rules of the machine are loaded";
    if (status->kernel.enabled == 2) return "the machine's audit configuration is locked";
    if (!kernel->join_feed()) return "the kernel's feed cannot be joined";
    return "";
}

AuditHost::AuditHost() : lock_(open(lock_file, O_RDWR | O_CREAT | O_CLOEXEC, 0600)), kernel_(make_audit_kernel()) {
    if (lock_ < 0 || flock(lock_, LOCK_EX) != 0) throw std::runtime_error(lock_file);
    before_ = status().kernel;
    state_file_before_ = access(state_file, F_OK) == 0;
    (void)!write(lock_, changed_mark.data(), changed_mark.size());
    const int fd = audit_open();
    (void)audit_set_backlog_limit(fd, room);
    (void)audit_set_enabled(fd, 1);
    audit_close(fd);
}

AuditHost::~AuditHost() {
    if (auditd_ > 0) (void)end_auditd(SIGKILL);
    (void)auditctl("-D");
    const int fd = audit_open();
    (void)audit_set_enabled(fd, 1);
    (void)audit_set_failure(fd, before_.failure);
    (void)audit_set_rate_limit(fd, before_.rate_limit);
    (void)audit_set_backlog_wait_time(fd, before_.backlog_wait_time);
    (void)audit_set_backlog_limit(fd, before_.backlog_limit);
    // Last: auditing is on until here, and what is recorded makes the kernel forget an auditd that was killed.
    (void)audit_set_enabled(fd, before_.enabled);
    audit_close(fd);
    if (!state_file_before_) (void)unlink(state_file);
    (void)!ftruncate(lock_, 0);
    (void)close(lock_);
}

AuditStatus AuditHost::status() {
    const auto file = kernel_->status();
    if (!file) throw std::runtime_error(file.error().message);
    auto status = read_audit_status(file->get());
    if (!status) throw std::runtime_error(status.error().message);
    return std::move(*status);
}

bool AuditHost::auditctl(const std::string& words) {
    const int result = std::system(("/sbin/auditctl " + words + " >/dev/null 2>&1").c_str());
    return WIFEXITED(result) && WEXITSTATUS(result) == 0;
}

void AuditHost::write_config() const {
    std::filesystem::create_directory(directory_ / "plugins.d");
    std::ofstream(directory_ / "auditd.conf")
        << "local_events = yes\nwrite_logs = yes\nlog_file = " << log()
        << "\nlog_group = root\nlog_format = RAW\nflush = INCREMENTAL_ASYNC\nfreq = 50\nmax_log_file = 64\nnum_logs = "
           "5\n"
           "priority_boost = 4\nname_format = NONE\nmax_log_file_action = ROTATE\nspace_left = 2\nspace_left_action = "
           "SYSLOG\nadmin_space_left = 1\nadmin_space_left_action = SUSPEND\ndisk_full_action = SUSPEND\n"
           "disk_error_action = SUSPEND\nq_depth = 2000\noverflow_action = SYSLOG\nplugin_dir = "
        << directory_ / "plugins.d"
        << "\n";
    std::filesystem::permissions(directory_ / "auditd.conf", std::filesystem::perms(0640));
}

pid_t AuditHost::start_auditd() {
    write_config();
    const auto feed = kernel_->join_feed();
    if (!feed) throw std::runtime_error(feed.error().message);
    auditd_ = fork();
    if (auditd_ == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)freopen("/dev/null", "w", stderr);
        execl("/sbin/auditd", "auditd", "-n", "-c", directory_.path().c_str(), nullptr);
        _exit(127);
    }
    const std::string registered = "op=set audit_pid=" + std::to_string(auditd_) + " ";
    const bool known = wait_for_record(feed->get(), [&registered](std::uint16_t type, std::string_view text) {
        return type == AUDIT_CONFIG_CHANGE && text.find(registered) != std::string_view::npos;
    });
    // It writes once it has come to its loop: a SIGTERM before that would be lost in auditd.
    const std::string ready = "integrityd-test-ready-" + std::to_string(auditd_);
    if (!known || !auditctl("-m " + ready) || !wait_for_log(ready)) throw std::runtime_error("auditd does not start");
    return auditd_;
}

void AuditHost::signal_auditd(int signal) const {
    (void)kill(auditd_, signal);
}

bool AuditHost::end_auditd(int signal) {
    const UniqueFd process(static_cast<int>(syscall(SYS_pidfd_open, auditd_, 0)));
    (void)kill(auditd_, signal);
    pollfd ended{process.get(), POLLIN, 0};
    const bool in_time = poll(&ended, 1, bound_ms) == 1;
    if (!in_time) (void)kill(auditd_, SIGKILL);
    (void)waitpid(auditd_, nullptr, 0);
    if (content_of(pid_file) == std::to_string(auditd_) + "\n") (void)unlink(pid_file);
    auditd_ = -1;
    return in_time;
}

bool AuditHost::wait_for_log(std::string_view text) const {
    const UniqueFd watch(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    (void)inotify_add_watch(watch.get(), directory_.path().c_str(), IN_MODIFY | IN_CREATE);
    while (content_of(log()).find(text) == std::string::npos) {
        pollfd waiting{watch.get(), POLLIN, 0};
        if (poll(&waiting, 1, bound_ms) <= 0) return content_of(log()).find(text) != std::string::npos;
        std::array<char, 4096> events{};
        (void)!read(watch.get(), events.data(), events.size());
    }
    return true;
}

bool wait_for_record(int feed, const std::function<bool(std::uint16_t, std::string_view)>& wanted) {
    std::array<char, 16384> buffer{};
    for (;;) {
        pollfd waiting{feed, POLLIN, 0};
        if (poll(&waiting, 1, bound_ms) <= 0) return false;
        const ssize_t size = recv(feed, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (size < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS) return false;
        if (size <= 0) continue;
        const auto message = parse_audit_feed_message({buffer.data(), static_cast<std::size_t>(size)});
        if (message && wanted(message->type, message->payload)) return true;
    }
}

}  // namespace integrityd::test
