// ServiceManager: what systemd is told of us (sd_notify).
//
// A service manager that does not read its socket must not hold up the loop: the status line, which
// changes with every verdict, is sent from a worker, one at a time, and only the newest is kept.
// The few messages that mark the service's life are sent at once. Without a manager all is quiet.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/worker.hpp"

namespace integrityd {

class ServiceManager {
public:
    explicit ServiceManager(Worker& worker) : worker_(worker) {}

    void ready();
    void reloading();
    void stopping();
    // One line for `systemctl status`.
    void status(const std::string& line);

private:
    void send_status(const std::string& line);

    Worker& worker_;
    std::string told_;
    std::optional<std::string> next_;
    bool sending_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace integrityd
