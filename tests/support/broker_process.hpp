// BrokerProcess: the real integrityd-broker, started as its socket unit would: root with the capabilities of its unit.
#pragma once

#include <string>
#include <sys/types.h>

#include "core/unique_fd.hpp"

namespace integrityd::test {

class BrokerProcess {
public:
    // Listens at `socket` and answers `client` by the configuration in `config`. Needs root and setpriv.
    BrokerProcess(std::string socket, std::string config, uid_t client);
    ~BrokerProcess();
    BrokerProcess(const BrokerProcess&) = delete;
    BrokerProcess& operator=(const BrokerProcess&) = delete;

    void start();
    // Ends it, and takes the socket away.
    void stop();

    [[nodiscard]] const std::string& socket_path() const { return socket_path_; }

private:
    std::string socket_path_;
    std::string config_;
    uid_t client_;
    UniqueFd listener_;
    pid_t pid_ = -1;
};

}  // namespace integrityd::test
