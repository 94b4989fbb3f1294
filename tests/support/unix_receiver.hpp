// The other end of a unix socket, bound by the test in its own directory.
#pragma once

#include <fcntl.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/unique_fd.hpp"

namespace integrityd::test {

inline UniqueFd bind_unix(const std::string& path, int type) {
    UniqueFd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        throw std::runtime_error("bind " + path);
    return fd;
}

// One datagram, with the descriptor that came along.
struct Datagram {
    std::string bytes;
    UniqueFd fd;
};

// What is waiting; a datagram without bytes and descriptor when nothing is.
inline Datagram receive_datagram(int fd) {
    Datagram datagram;
    datagram.bytes.resize(1U << 20);
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    iovec part{datagram.bytes.data(), datagram.bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    const ssize_t size = ::recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    datagram.bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    const cmsghdr* header = size >= 0 ? CMSG_FIRSTHDR(&message) : nullptr;
    if (header != nullptr && header->cmsg_type == SCM_RIGHTS)
        datagram.fd.reset(*reinterpret_cast<const int*>(CMSG_DATA(header)));
    return datagram;
}

// Everything that can be read now.
inline std::string read_available(int fd) {
    std::string text;
    char buffer[65536];
    for (ssize_t size = 0; (size = ::read(fd, buffer, sizeof(buffer))) > 0;)
        text.append(buffer, static_cast<std::size_t>(size));
    return text;
}

}  // namespace integrityd::test
