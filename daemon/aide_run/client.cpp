#include "aide_run/client.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace integrityd {

namespace {

Error last_error(const std::string& what) {
    const int code = errno;
    return Error{what + ": " + std::strerror(code), code};
}

Result<void> write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return last_error("write");
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

// A server that has closed already may still have said why: then it is read on.
void send_request(int socket, std::string_view request) {
    while (!request.empty()) {
        const ssize_t sent = send(socket, request.data(), request.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return;
        request.remove_prefix(static_cast<std::size_t>(sent));
    }
}

}  // namespace

Result<UniqueFd> connect_aide(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path)) return Error{path + ": too long for a socket"};
    std::memcpy(address.sun_path, path.data(), path.size());
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) return last_error("socket");
    if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) < 0)
        return last_error(path);
    // Who listens is the service manager, or whoever runs this by hand.
    ucred peer{};
    socklen_t size = sizeof peer;
    if (getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return last_error(path);
    if (peer.uid != 0 && peer.uid != geteuid()) return Error{path + ": belongs to another user", EPERM};
    return Result<UniqueFd>(std::move(socket));
}

Result<AideEnding> ask_aide(int socket, AideVerb verb, int output, int errors, std::string_view payload) {
    send_request(socket, aide_request(verb, payload));
    AideFrameReader reader;
    Result<void> passed;
    const auto pass = [&](AideFrame type, std::string_view piece) {
        if (passed) passed = write_all(type == AideFrame::output ? output : errors, piece);
    };
    std::array<char, aide_frame_limit> buffer{};
    for (;;) {
        const ssize_t size = recv(socket, buffer.data(), buffer.size(), 0);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return last_error("the connection to AIDE's unit broke");
        if (size == 0) break;
        if (auto taken = reader.take({buffer.data(), static_cast<std::size_t>(size)}, pass); !taken)
            return taken.error();
        if (!passed) return passed.error();
    }
    if (!reader.ending()) return Error{"AIDE's unit gave no (complete) answer; perhaps another check runs"};
    return *reader.ending();
}

}  // namespace integrityd
