#include "sources/tls_connect.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/epoll.h>

#include "sources/tls_names.hpp"

namespace integrityd {

namespace {

// RFC 8305, 8: "Connection Attempt Delay", recommended 250 ms.
constexpr Duration next_after = std::chrono::milliseconds(250);

TlsOutcome outcome_of(int error) {
    switch (error) {
        case ECONNREFUSED:
        case ECONNRESET:
            return TlsOutcome::refused;
        case ENETUNREACH:
        case ENETDOWN:
        case EADDRNOTAVAIL:
        case EAFNOSUPPORT:
            return TlsOutcome::no_route;
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
        case EPERM:
        case EACCES:
            return TlsOutcome::local;
        default:
            return TlsOutcome::unreachable;
    }
}

// How much an outcome says: a host that answers "no" more than one that is not reached.
int weight(TlsOutcome outcome) {
    switch (outcome) {
        case TlsOutcome::local:
            return 4;
        case TlsOutcome::refused:
            return 3;
        case TlsOutcome::unreachable:
            return 2;
        default:
            return 1;
    }
}

// Whoever connects to an address of this machine comes from that very address.
bool is_own_listener(int fd, const TlsAddress& peer) {
    TlsAddress local;
    local.length = sizeof local.storage;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&local.storage), &local.length) != 0) return false;
    const auto host_of = [](const std::string& text) { return text.substr(0, text.rfind(':')); };
    return peer.loopback() || host_of(local.text()) == host_of(peer.text());
}

}  // namespace

struct TcpConnect::Attempt {
    TlsAddress address;
    UniqueFd fd;
    std::unique_ptr<IoSource> io;
};

TcpConnect::TcpConnect(EventLoop& loop, std::vector<TlsAddress> addresses, Done done)
    : loop_(loop),
      addresses_(std::move(addresses)),
      done_(std::move(done)),
      worst_{.outcome = TlsOutcome::no_route, .reason = "no address", .fd = {}, .address = ""},
      timer_(loop.add_timer([this] { try_next(); })) {
    timer_->start(Duration{0});
}

TcpConnect::~TcpConnect() = default;

void TcpConnect::try_next() {
    const std::size_t begun = attempts_.size();
    while (next_ < addresses_.size() && attempts_.size() == begun)
        begin(addresses_[next_++]);
    if (attempts_.empty()) return finish(std::move(worst_));
    if (next_ < addresses_.size()) timer_->start(next_after);
}

void TcpConnect::begin(const TlsAddress& address) {
    auto attempt = std::make_unique<Attempt>();
    attempt->address = address;
    attempt->fd.reset(socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!attempt->fd) return failed(errno, address);
    const auto* const to = reinterpret_cast<const sockaddr*>(&address.storage);
    if (connect(attempt->fd.get(), to, address.length) != 0 && errno != EINPROGRESS) return failed(errno, address);
    const Attempt* const raw = attempt.get();
    // Connected at once is told by EPOLLOUT as well.
    attempt->io = loop_.add_io(attempt->fd.get(), EPOLLOUT, [this, raw](std::uint32_t) { ready(raw); });
    attempts_.push_back(std::move(attempt));
}

void TcpConnect::ready(const Attempt* attempt) {
    const auto found = std::ranges::find(attempts_, attempt, [](const auto& each) { return each.get(); });
    if (found == attempts_.end()) return;
    const auto tried = std::move(*found);
    attempts_.erase(found);
    tried->io.reset();
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(tried->fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error == 0) {
        const bool own = is_own_listener(tried->fd.get(), tried->address);
        return finish({.outcome = TlsOutcome::finished,
                       .reason = "",
                       .fd = std::move(tried->fd),
                       .address = tried->address.text(),
                       .own_listener = own});
    }
    failed(error, tried->address);
    if (next_ < addresses_.size() || attempts_.empty()) try_next();
}

void TcpConnect::failed(int error, const TlsAddress& address) {
    const TlsOutcome outcome = outcome_of(error);
    if (worst_.address.empty() || weight(outcome) > weight(worst_.outcome)) {
        worst_.outcome = outcome;
        worst_.reason = address.text() + ": " + std::strerror(error);
        worst_.address = address.text();
    }
}

void TcpConnect::finish(TcpConnected result) {
    timer_->stop();
    attempts_.clear();
    // Last: it may destroy this object.
    const Done done = std::move(done_);
    done(std::move(result));
}

bool may_use_network() {
    for (const int family : {AF_INET, AF_INET6}) {
        const UniqueFd fd(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (fd) return true;
    }
    return false;
}

bool has_default_route() {
    // Addresses for documentation (RFC 5737, RFC 3849): connecting a datagram socket only looks up the route.
    for (const auto* const host : {"192.0.2.1", "2001:db8::1"}) {
        const auto resolved = resolve_numeric({host, "443"});
        if (!resolved) continue;
        const auto& address = resolved->addresses.front();
        const UniqueFd fd(socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
        if (!fd) continue;
        if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length) == 0) return true;
    }
    return false;
}

}  // namespace integrityd
