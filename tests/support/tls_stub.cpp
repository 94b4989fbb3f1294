#include "support/tls_stub.hpp"

#include <algorithm>
#include <array>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace integrityd::test {

namespace {

sockaddr_in loopback(unsigned port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

void say(int fd, const std::string& bytes) {
    (void)::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

}  // namespace

std::string first_records(const std::string& answer, std::size_t count) {
    std::size_t at = 0;
    for (; count > 0 && at + 5 <= answer.size(); --count)
        at += 5U + (static_cast<unsigned char>(answer[at + 3]) << 8) + static_cast<unsigned char>(answer[at + 4]);
    if (count > 0 || at > answer.size()) throw std::runtime_error("the server answers less than the test expects");
    return answer.substr(0, at);
}

std::string wrongly_signed(const std::string& answer) {
    std::string records = first_records(answer, 3);  // ServerHello, Certificate, ServerKeyExchange
    records.back() = static_cast<char>(records.back() ^ 1);
    return records;
}

struct TlsStub::Peer {
    UniqueFd fd;
    UniqueFd upstream;
    std::string held;  // said before the real server is there
    std::deque<std::pair<std::string, std::string>> dialogue;
    std::size_t passed = 0;
    std::size_t at = 0;
    std::unique_ptr<IoSource> io;
    std::unique_ptr<IoSource> upstream_io;
    std::unique_ptr<Timer> timer;
};

TlsStub::TlsStub(EventLoop& loop, StubBehaviour behaviour)
    : loop_(loop), behaviour_(std::move(behaviour)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_.get(), raw, size) != 0 || listen(listener_.get(), 1024) != 0 ||
        getsockname(listener_.get(), raw, &size) != 0)
        throw std::runtime_error("a listening socket");
    port_ = ntohs(address.sin_port);
    io_ = loop_.add_io(listener_.get(), EPOLLIN, [this](std::uint32_t) { accept_one(); });
}

TlsStub::~TlsStub() = default;

void TlsStub::behave(StubBehaviour behaviour) {
    behaviour_ = std::move(behaviour);
    served_ = 0;
}

void TlsStub::accept_one() {
    auto peer = std::make_unique<Peer>();
    peer->fd.reset(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!peer->fd) return;
    ++connections_;
    peer->dialogue = behaviour_.dialogue;
    Peer& it = *peer;
    it.io = loop_.add_io(it.fd.get(), EPOLLIN, [this, &it](std::uint32_t) { heard(it); });
    peers_.push_back(std::move(peer));
    say(it.fd.get(), behaviour_.greeting);
    if (it.dialogue.empty()) reach_upstream(it);
}

void TlsStub::reach_upstream(Peer& peer) {
    if (behaviour_.upstream == 0 || ++served_ > behaviour_.serves) return after(peer);
    peer.upstream.reset(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(behaviour_.upstream);
    if (connect(peer.upstream.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return drop(peer, false);
    peer.upstream_io = loop_.add_io(peer.upstream.get(), EPOLLIN, [this, &peer](std::uint32_t) { answered(peer); });
    if (behaviour_.passes == 0) after(peer);
}

void TlsStub::heard(Peer& peer) {
    std::array<char, 16384> block{};
    const ssize_t size = recv(peer.fd.get(), block.data(), block.size(), 0);
    if (size <= 0) return drop(peer, false);
    const std::string bytes(block.data(), static_cast<std::size_t>(size));
    if (!peer.dialogue.empty()) {
        if (!bytes.starts_with(peer.dialogue.front().first)) return drop(peer, false);
        const std::string reply = peer.dialogue.front().second;
        peer.dialogue.pop_front();
        say(peer.fd.get(), reply);
        if (peer.dialogue.empty()) reach_upstream(peer);
        return;
    }
    if (peer.upstream) say(peer.upstream.get(), bytes);
}

void TlsStub::answered(Peer& peer) {
    std::array<char, 16384> block{};
    const std::size_t left = std::min(block.size(), behaviour_.passes - peer.passed);
    const ssize_t size = recv(peer.upstream.get(), block.data(), left, 0);
    if (size <= 0) return drop(peer, false);
    const std::string said(block.data(), static_cast<std::size_t>(size));
    const std::string passed = behaviour_.spoiled ? behaviour_.spoiled(said) : said;
    say(peer.fd.get(), passed);
    peer.passed += said.size();
    if (peer.passed >= behaviour_.passes || passed.size() < said.size()) {
        peer.upstream_io.reset();
        after(peer);
    }
}

void TlsStub::after(Peer& peer) {
    using Then = StubBehaviour::Then;
    if (behaviour_.then == Then::close) return drop(peer, false);
    if (behaviour_.then == Then::reset) return drop(peer, true);
    if (behaviour_.then == Then::silence) return;
    const bool flood = behaviour_.then == Then::flood;
    peer.timer = loop_.add_timer([this, &peer, flood] {
        const std::string& material = behaviour_.material;
        const std::string bytes = flood ? material : material.substr(peer.at++ % material.size(), 1);
        say(peer.fd.get(), bytes);
        peer.timer->start(flood ? Duration{0} : std::chrono::milliseconds(20));
    });
    peer.timer->start(Duration{0});
}

void TlsStub::drop(Peer& peer, bool reset) {
    if (reset) {
        const linger now{1, 0};
        setsockopt(peer.fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    std::erase_if(peers_, [&](const auto& each) { return each.get() == &peer; });
}

}  // namespace integrityd::test
