#include "publish/datagram.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace integrityd {

namespace {

struct Control {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> bytes{};
};

void attach(msghdr& message, Control& control, int fd) {
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof(fd));
}

}  // namespace

Result<void> DatagramTarget::send(std::string_view datagram) {
    return send(datagram, nullptr);
}

Result<void> DatagramTarget::send_fd(int fd) {
    return send({}, &fd);
}

Result<void> DatagramTarget::send(std::string_view bytes, const int* fd) {
    const auto failed = [this](int code) { return Error{fmt::format("{}: {}", path_, std::strerror(code)), code}; };
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof(address.sun_path)) return failed(ENAMETOOLONG);
    path_.copy(address.sun_path, path_.size());
    if (!socket_) socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_) return failed(errno);

    iovec part{const_cast<char*>(bytes.data()), bytes.size()};  // sendmsg() only reads
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = sizeof(address);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    Control control;
    if (fd != nullptr) attach(message, control, *fd);
    if (::sendmsg(socket_.get(), &message, MSG_NOSIGNAL) < 0) return failed(errno);
    return {};
}

}  // namespace integrityd
