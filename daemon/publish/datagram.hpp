// DatagramTarget: sends datagrams to a unix socket that somebody else listens on, and never waits.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

class DatagramTarget {
public:
    explicit DatagramTarget(std::string path) : path_(std::move(path)) {}

    // Each datagram is addressed anew, so that a listener that was restarted is found again.
    // EAGAIN: its queue is full. ENOENT, ECONNREFUSED: nobody listens. EMSGSIZE, ENOBUFS: too large.
    Result<void> send(std::string_view datagram);
    // A datagram without bytes that passes a descriptor.
    Result<void> send_fd(int fd);

private:
    Result<void> send(std::string_view bytes, const int* fd);

    std::string path_;
    UniqueFd socket_;
};

}  // namespace integrityd
