// PrivateBus: a dbus-daemon of the test's own where everybody may do everything, so that tests can also play the
// stranger. The policy of the project is not its business.
#pragma once

#include <csignal>
#include <string>
#include <sys/types.h>

#include "support/temporary_directory.hpp"

namespace integrityd::test {

class PrivateBus {
public:
    // Ready when it returns. DBUS_SYSTEM_BUS_ADDRESS points at it as long as it lives.
    PrivateBus();
    ~PrivateBus();
    PrivateBus(const PrivateBus&) = delete;
    PrivateBus& operator=(const PrivateBus&) = delete;

    // Ends it with all its connections; start() makes another at the same address.
    void stop();
    void start();
    // SIGSTOP, SIGCONT: a bus that hangs.
    void signal(int number) const { ::kill(pid_, number); }
    [[nodiscard]] const std::string& address() const { return address_; }

private:
    TemporaryDirectory directory_;
    std::string address_;
    pid_t pid_ = -1;
};

}  // namespace integrityd::test
