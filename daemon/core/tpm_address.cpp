#include "core/tpm_address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

namespace integrityd {

namespace {

Error unknown_tcti() {
    return Error{"tpm.tcti: not device:PATH, swtpm:path=PATH or swtpm:host=127.0.0.1,port=PORT", EINVAL};
}

// For each of these there is no TPM: no such device, none behind it, nobody who listens.
Error error_at(const std::string& place, int code) {
    const bool none = code == ENOENT || code == ENODEV || code == ENXIO || code == ECONNREFUSED;
    return Error{place + ": " + std::strerror(code), none ? ENODEV : code};
}

Result<TpmAddress> of_path(TpmAddress::Kind kind, std::string_view path) {
    if (!path.starts_with('/') || path.find('\0') != std::string_view::npos) return unknown_tcti();
    return TpmAddress{kind, std::string(path), 0};
}

Result<TpmAddress> of_port(std::string_view words) {
    constexpr std::string_view port_key = ",port=";
    const std::size_t comma = words.find(port_key);
    if (comma == std::string_view::npos) return unknown_tcti();
    const std::string_view host = words.substr(0, comma);
    if (host != "127.0.0.1" && host != "localhost") return unknown_tcti();
    const std::string_view number = words.substr(comma + port_key.size());
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), port);
    if (error != std::errc() || end != number.data() + number.size() || port == 0) return unknown_tcti();
    return TpmAddress{TpmAddress::Kind::port, {}, port};
}

Result<UniqueFd> open_device(const std::string& path) {
    // Not blocking: a write is then answered at once and the answer awaited by poll(2) (Linux 4.20 and later).
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW));
    if (!fd) return error_at(path, errno);
    struct stat status {};
    if (::fstat(fd.get(), &status) < 0) return error_at(path, errno);
    if (!S_ISCHR(status.st_mode)) return Error{path + ": not a device", EINVAL};
    return fd;
}

Result<UniqueFd> connected(int domain, const sockaddr* to, socklen_t size, const std::string& place,
                           std::chrono::milliseconds patience) {
    UniqueFd fd(::socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) return error_at(place, errno);
    // To the own machine: there is nothing to wait for but a place in the queue of who listens, which for swtpm is one.
    const timeval time{patience.count() / 1000, (patience.count() % 1000) * 1000};
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
    if (::connect(fd.get(), to, size) < 0) {
        const bool late = errno == EAGAIN || errno == EINPROGRESS;
        return error_at(place, late ? ETIMEDOUT : errno);
    }
    return fd;
}

Result<UniqueFd> connect_to_socket(const std::string& path, std::chrono::milliseconds patience) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    if (path.size() >= sizeof to.sun_path) return error_at(path, ENAMETOOLONG);
    std::copy(path.begin(), path.end(), to.sun_path);
    return connected(AF_UNIX, reinterpret_cast<const sockaddr*>(&to), sizeof to, path, patience);
}

Result<UniqueFd> connect_to_port(std::uint16_t port, std::chrono::milliseconds patience) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connected(AF_INET, reinterpret_cast<const sockaddr*>(&to), sizeof to, "port " + std::to_string(port),
                     patience);
}

}  // namespace

Result<TpmAddress> parse_tpm_address(std::string_view tcti) {
    constexpr std::string_view device = "device:";
    constexpr std::string_view socket = "swtpm:path=";
    constexpr std::string_view host = "swtpm:host=";
    if (tcti.starts_with(device)) return of_path(TpmAddress::Kind::device, tcti.substr(device.size()));
    if (tcti.starts_with(socket)) return of_path(TpmAddress::Kind::socket, tcti.substr(socket.size()));
    if (tcti.starts_with(host)) return of_port(tcti.substr(host.size()));
    return unknown_tcti();
}

Result<UniqueFd> open_tpm(const TpmAddress& address, std::chrono::milliseconds patience) {
    switch (address.kind) {
        case TpmAddress::Kind::socket:
            return connect_to_socket(address.path, patience);
        case TpmAddress::Kind::port:
            return connect_to_port(address.port, patience);
        case TpmAddress::Kind::device:
            break;
    }
    return open_device(address.path);
}

}  // namespace integrityd
