// DbusDaemon: a message bus of the test's own, with the real policy file of the project.
//
// Started by pid and ready when the constructor returns (its address came through a pipe); ended with the object.
// DBUS_SYSTEM_BUS_ADDRESS points at it meanwhile. Not for tests that run in parallel within one process.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "support/temporary_directory.hpp"

namespace integrityd::test {

// A user of the test, known to the bus only.
struct Identity {
    uid_t uid;
    std::vector<gid_t> gids;  // the first is the primary one
};

constexpr gid_t kReaderGroup = 61900;   // integrity
constexpr gid_t kAuditorGroup = 61901;  // integrity-audit
constexpr gid_t kAdminGroup = 61902;    // integrity-admin
const Identity kStranger{61000, {61000}};
const Identity kReader{61001, {61001, kReaderGroup}};
const Identity kAuditor{61002, {61002, kAuditorGroup}};
const Identity kAdmin{61003, {61003, kAdminGroup}};
const Identity kDaemonUser{61004, {61004}};  // integrityd

// What the daemon under test finds when it looks the groups up. Without root the test itself is the administrator.
[[nodiscard]] std::optional<gid_t> test_group(const std::string& name);

// Empty, or why the users above cannot be used here: it needs root and a mount namespace.
[[nodiscard]] std::string why_no_identities();

class DbusDaemon {
public:
    DbusDaemon();
    ~DbusDaemon();
    DbusDaemon(const DbusDaemon&) = delete;
    DbusDaemon& operator=(const DbusDaemon&) = delete;

    // Ends it, at once and with all its connections.
    void stop();
    // Starts it again at the same address.
    void start();
    // SIGSTOP, SIGCONT: a bus that hangs.
    void signal(int number) const;
    // This process, and what it starts from now on, know the users of the bus (in a mount namespace of their own).
    [[nodiscard]] bool share_users() const;
    [[nodiscard]] const std::string& address() const { return address_; }

private:
    void write_files() const;
    [[noreturn]] void become_bus(int address_fd) const;

    TemporaryDirectory directory_;
    std::string address_;
    pid_t pid_ = -1;
};

}  // namespace integrityd::test
