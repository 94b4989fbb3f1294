#include "support/dbus_daemon.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <stdexcept>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace integrityd::test {

namespace {

constexpr auto kPasswd =
    "root:x:0:0:root:/root:/bin/sh\n"
    "stranger:x:61000:61000::/:/bin/false\n"
    "reader:x:61001:61001::/:/bin/false\n"
    "auditor:x:61002:61002::/:/bin/false\n"
    "admin:x:61003:61003::/:/bin/false\n"
    "integrityd:x:61004:61004::/:/bin/false\n";
constexpr auto kGroup =
    "root:x:0:\n"
    "stranger:x:61000:\nreader:x:61001:\nauditor:x:61002:\nadmin:x:61003:\nintegrityd:x:61004:\n"
    "integrity:x:61900:reader\nintegrity-audit:x:61901:auditor\nintegrity-admin:x:61902:admin\n";

// The default policy of a system bus: nobody owns names, calls are refused, signals and requested replies pass.
constexpr auto kDefaultPolicy = R"(
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Introspectable"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Properties"/>
  </policy>
)";

bool bind_over(const std::string& file, const char* target) {
    return ::mount(file.c_str(), target, nullptr, MS_BIND, nullptr) == 0;
}

// A mount namespace in which the users of the test are the only ones.
bool enter_namespace(const std::string& directory) {
    return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           bind_over(directory + "/passwd", "/etc/passwd") && bind_over(directory + "/group", "/etc/group");
}

// The policy lets root own the name; a test without root stands in for it.
std::string policy_of_this_user() {
    if (::geteuid() == 0) return {};
    const std::string name = "\"org.cip_project.Integrity1\"/>";
    return "<policy user=\"" + std::to_string(::geteuid()) + "\"><allow own=" + name +
           "<allow send_destination=" + name + "<allow receive_sender=" + name + "</policy>\n";
}

std::string read_line(int fd) {
    std::string line;
    char byte = 0;
    while (::read(fd, &byte, 1) == 1 && byte != '\n')
        line.push_back(byte);
    return line;
}

}  // namespace

std::optional<gid_t> test_group(const std::string& name) {
    if (name == "integrity") return kReaderGroup;
    if (name == "integrity-audit") return kAuditorGroup;
    if (name == "integrity-admin") return ::geteuid() == 0 ? kAdminGroup : ::getegid();
    return std::nullopt;
}

std::string why_no_identities() {
    if (::geteuid() != 0) return "needs root to become other users";
    const pid_t child = ::fork();
    if (child == 0) _exit(::unshare(CLONE_NEWNS) == 0 && ::setresuid(61000, 61000, 61000) == 0 ? 0 : 1);
    int status = 0;
    ::waitpid(child, &status, 0);
    return status == 0 ? "" : "needs a mount namespace and other user ids";
}

DbusDaemon::DbusDaemon() : address_("unix:path=" + directory_ / "bus") {
    std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
    write_files();
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", address_.c_str(), 1);
    start();
}

DbusDaemon::~DbusDaemon() {
    stop();
    ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
}

void DbusDaemon::write_files() const {
    std::ofstream(directory_ / "passwd") << kPasswd;
    std::ofstream(directory_ / "group") << kGroup;
    std::ofstream(directory_ / "bus.conf")
        << "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN\"\n"
           " \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n<busconfig>\n<type>system</"
           "type>\n<listen>"
        << address_ << "</listen>\n<auth>EXTERNAL</auth>\n"
        << kDefaultPolicy << "<include>" << INTEGRITYD_BUS_POLICY << "</include>\n"
        << policy_of_this_user() << "</busconfig>\n";
}

void DbusDaemon::become_bus(int address_fd) const {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::geteuid() == 0) (void)enter_namespace(directory_.path());
    const std::string config = "--config-file=" + directory_ / "bus.conf";
    const std::string print = "--print-address=" + std::to_string(address_fd);
    // What it says of users that only the device has is no news here.
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(null, STDERR_FILENO);
    ::execlp("dbus-daemon", "dbus-daemon", "--nofork", "--nopidfile", "--nosyslog", config.c_str(), print.c_str(),
             nullptr);
    _exit(127);
}

void DbusDaemon::start() {
    std::filesystem::remove(directory_ / "bus");
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
        ::close(ends[0]);
        become_bus(ends[1]);
    }
    ::close(ends[1]);
    const std::string address = read_line(ends[0]);
    ::close(ends[0]);
    if (address.empty()) throw std::runtime_error("dbus-daemon did not start");
}

void DbusDaemon::signal(int number) const {
    ::kill(pid_, number);
}

bool DbusDaemon::share_users() const {
    return ::geteuid() == 0 && enter_namespace(directory_.path());
}

void DbusDaemon::stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

}  // namespace integrityd::test
