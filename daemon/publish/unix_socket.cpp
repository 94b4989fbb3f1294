#include "publish/unix_socket.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "publish/message.hpp"

namespace integrityd {

Result<void> UnixSocketPublisher::publish(const Event& event) {
    const bool fresh = !socket_;
    if (fresh) {
        if (auto connected = connect(); !connected) return connected;
    }
    if (sequence_ != event.sequence) {
        // Half a line of an event that nobody asks for any more would run into this one.
        if (sequence_ != 0) return failed(ECANCELED);
        sequence_ = event.sequence;
        line_ = json_line(event);
        written_ = 0;
    }
    auto result = write();
    // The peer left since the last event: that is no failure if it is back.
    if (!result && result.error().code == EPIPE && !fresh) return publish(event);
    return result;
}

Result<void> UnixSocketPublisher::write() {
    while (written_ < line_.size()) {
        const ssize_t sent = ::send(socket_.get(), line_.data() + written_, line_.size() - written_, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return Error{fmt::format("{}: the peer does not read", path_), EAGAIN};
        }
        if (sent < 0) return failed(errno == ECONNRESET ? EPIPE : errno);
        written_ += static_cast<std::size_t>(sent);
    }
    sequence_ = 0;
    line_.clear();
    return {};
}

// Closes: the next event begins a new connection.
Error UnixSocketPublisher::failed(int code) {
    socket_.reset();
    sequence_ = 0;
    line_.clear();
    return {fmt::format("{}: {}", path_, std::strerror(code)), code};
}

Result<void> UnixSocketPublisher::connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof(address.sun_path)) return failed(ENAMETOOLONG);
    path_.copy(address.sun_path, path_.size());
    socket_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_) return failed(errno);
    // A local stream connects at once or not at all; EAGAIN: its backlog is full.
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        return failed(errno);
    }
    return {};
}

}  // namespace integrityd
