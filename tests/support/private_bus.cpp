#include "support/private_bus.hpp"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace integrityd::test {

namespace {

// The limits are far above what a test needs: hostile messages shall reach the library, not the bus' own refusal.
constexpr auto kConfiguration = R"(<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
)";

[[noreturn]] void become_bus(const std::string& config_file, int ready) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // Without root it complains about limits at each start.
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(null, STDERR_FILENO);
    const std::string config = "--config-file=" + config_file;
    const std::string print = "--print-address=" + std::to_string(ready);
    ::execlp("dbus-daemon", "dbus-daemon", "--nofork", "--nopidfile", "--nosyslog", config.c_str(), print.c_str(),
             nullptr);
    _exit(127);
}

}  // namespace

PrivateBus::PrivateBus() : address_("unix:path=" + directory_ / "bus") {
    std::ofstream(directory_ / "bus.conf") << kConfiguration << "<listen>" << address_ << "</listen></busconfig>\n";
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", address_.c_str(), 1);
    start();
}

PrivateBus::~PrivateBus() {
    stop();
    ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
}

void PrivateBus::start() {
    std::filesystem::remove(directory_ / "bus");
    std::array<int, 2> ready{};
    if (::pipe(ready.data()) != 0) throw std::runtime_error("pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
        ::close(ready[0]);
        become_bus(directory_ / "bus.conf", ready[1]);
    }
    ::close(ready[1]);
    char byte = 0;
    const bool said = ::read(ready[0], &byte, 1) == 1;
    ::close(ready[0]);
    if (!said) throw std::runtime_error("dbus-daemon did not start");
}

void PrivateBus::stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

}  // namespace integrityd::test
