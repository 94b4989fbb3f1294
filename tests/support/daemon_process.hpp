// DaemonProcess: the real integrityd, started by a test on folders and a bus of the test's own.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

#include "core/unique_fd.hpp"
#include "support/temporary_directory.hpp"

namespace integrityd::test {

class DaemonProcess {
public:
    // Folders `state` and `run` below `directory` are the daemon's; `config` is its configuration
    // (state_dir and runtime_dir are put before it). `bus` is the address of the "system" bus.
    DaemonProcess(const TemporaryDirectory& directory, std::string bus);
    ~DaemonProcess();  // kills what still runs
    DaemonProcess(const DaemonProcess&) = delete;
    DaemonProcess& operator=(const DaemonProcess&) = delete;

    // Without a section [audit] the audit watcher is off.
    void write_config(const std::string& config) const;
    // From now on it is started as this user, without any capability, and its folders belong to him. Needs root.
    void run_as(uid_t user);
    // Starts it; true when it said READY=1 (false: it ended before, or was silent for failure_bound).
    [[nodiscard]] bool start();
    // Starts it and waits for its end; returns the wait status. Its standard error is in errors().
    int run_to_end(const std::vector<std::string>& arguments);
    // Waits until it tells the service manager a line that begins with this.
    [[nodiscard]] bool wait_for_notice(const std::string& line);
    void send(int signal) const;
    // Waits for its end (killing it after failure_bound); returns the wait status.
    int wait();
    // SIGTERM and wait: true when it ended with 0.
    bool stop();

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] std::string errors() const;
    [[nodiscard]] std::string state_dir() const { return directory_ / "state"; }
    [[nodiscard]] std::string runtime_dir() const { return directory_ / "run"; }
    [[nodiscard]] std::string config_file() const { return directory_ / "integrityd.toml"; }

private:
    void spawn(const std::vector<std::string>& arguments);

    const TemporaryDirectory& directory_;
    std::string bus_;
    UniqueFd notify_;
    std::vector<std::string> runner_;  // what starts it
    pid_t pid_ = -1;
};

}  // namespace integrityd::test
