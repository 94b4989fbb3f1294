// SyslogPublisher: a line for each event to the local syslog socket, in the local form of RFC 3164.
//
// Not by syslog(3), which says nothing when nobody listens.
#pragma once

#include <string>

#include "publish/datagram.hpp"
#include "publish/publisher.hpp"

namespace integrityd {

class SyslogPublisher final : public Publisher {
public:
    // `facility`: LOG_AUTHPRIV and the like.
    explicit SyslogPublisher(int facility, std::string socket_path = "/dev/log")
        : facility_(facility), target_(std::move(socket_path)) {}

    Result<void> publish(const Event& event) override;

private:
    int facility_;
    DatagramTarget target_;
};

}  // namespace integrityd
