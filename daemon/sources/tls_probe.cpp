#include "sources/tls_probe.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

namespace integrityd {

namespace {

// What is read in one turn of the loop: some records, so that nobody else waits long.
constexpr std::size_t block_size = 16384;
// So long a server has to refuse the client's certificate after the handshake: a way there and back, also by satellite,
// and what it takes to judge a certificate.
constexpr Duration refusal_time = std::chrono::seconds(2);

}  // namespace

TlsConnection::TlsConnection(EventLoop& loop, std::shared_ptr<TlsContext> context, TlsTarget target, TlsOffer offer,
                             Duration timeout, Done done, Worker* tokens)
    : loop_(loop),
      context_(std::move(context)),
      target_(std::move(target)),
      offer_(std::move(offer)),
      done_(std::move(done)),
      dialogue_(std::make_unique<StarttlsDialogue>(target_.starttls)),
      connect_(std::make_unique<TcpConnect>(loop, target_.addresses,
                                            [this](TcpConnected result) { connected(std::move(result)); })),
      until_(loop.now() + timeout),
      deadline_(loop.add_timer([this] { expired(); })),
      tokens_(tokens) {
    deadline_->start(timeout);
}

TlsConnection::~TlsConnection() = default;

void TlsConnection::connected(TcpConnected result) {
    seen_.address = result.address;
    seen_.own_listener = result.own_listener;
    if (result.outcome != TlsOutcome::finished) return finish(result.outcome, std::move(result.reason));
    fd_ = std::move(result.fd);
    output_ = dialogue_->take_output();
    if (dialogue_->state() == StarttlsDialogue::State::begin && !begin_tls()) return;
    listen();
    (void)send();
}

void TlsConnection::listen() {
    io_ = loop_.add_io(fd_.get(), EPOLLIN, [this](std::uint32_t events) { ready(events); });
}

// Each step says whether the probe is still there: finish() may have destroyed it.
void TlsConnection::ready(std::uint32_t events) {
    if ((events & EPOLLOUT) != 0 && !send()) return;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) (void)receive();
}

bool TlsConnection::receive() {
    std::array<char, block_size> block{};
    const ssize_t size = recv(fd_.get(), block.data(), block.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (size < 0) return broken(std::strerror(errno)), false;
    if (size == 0) return broken(""), false;
    return take({block.data(), static_cast<std::size_t>(size)});
}

bool TlsConnection::take(std::string_view bytes) {
    if (!client_) return talk(bytes);
    if (tokens_ != nullptr && context_->in_token()) return hand_over(bytes);
    return advanced(client_->advance(bytes));
}

// Meanwhile nothing is read, and the client is the other thread's. It comes back with the result, so that it ends here.
bool TlsConnection::hand_over(std::string_view bytes) {
    struct Back {
        std::shared_ptr<TlsClient> client;
        bool over = false;
    };
    const auto submitted = tokens_->run(
        Lane::tokens,
        [client = client_, context = context_, bytes = std::string(bytes)]() mutable {
            const bool over = client->advance(bytes);
            context->leave_thread();
            return Back{std::move(client), over};
        },
        [this, alive = std::weak_ptr<int>(alive_)](const Back& back) {
            if (!alive.expired()) back_from_token(back.over);
        });
    if (!submitted) return finish(TlsOutcome::local, "the token of the client's key is busy"), false;
    in_token_ = true;
    io_.reset();
    return true;
}

void TlsConnection::back_from_token(bool over) {
    if (!std::exchange(in_token_, false)) return;  // too late
    listen();
    (void)advanced(over);
}

bool TlsConnection::advanced(bool over) {
    if (over) return finish_tls(), false;
    await_refusal();
    output_ += client_->take_output();
    return send();
}

bool TlsConnection::talk(std::string_view bytes) {
    const auto state = dialogue_->feed(bytes);
    output_ += dialogue_->take_output();
    if (state == StarttlsDialogue::State::failed) return finish(TlsOutcome::starttls, dialogue_->reason()), false;
    if (state == StarttlsDialogue::State::begin && !begin_tls()) return false;
    return send();
}

bool TlsConnection::begin_tls() {
    auto client = TlsClient::make(context_, offer_, target_.server_name, target_.alpn);
    if (!client) return finish(TlsOutcome::local, client.error().message), false;
    client_ = std::move(*client);
    if (client_->advance("")) return finish_tls(), false;
    output_ += client_->take_output();
    return true;
}

bool TlsConnection::send() {
    while (!output_.empty()) {
        const ssize_t size = ::send(fd_.get(), output_.data(), output_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && errno == EAGAIN) break;
        // What the peer said before it closed is still to be read: an alert, mostly.
        if (size < 0) output_.clear();
        if (size > 0) output_.erase(0, static_cast<std::size_t>(size));
    }
    io_->set_events(output_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
    return true;
}

void TlsConnection::broken(std::string_view why) {
    if (client_) {
        client_->ended(why);
        return finish_tls();
    }
    finish(TlsOutcome::starttls, why.empty() ? "the peer closed the connection before TLS began"
                                             : "the connection broke before TLS began: " + std::string(why));
}

// Inside the deadline that there is.
void TlsConnection::await_refusal() {
    if (awaiting_ || !client_->awaits_refusal()) return;
    awaiting_ = true;
    deadline_->start(std::min(until_ - loop_.now(), refusal_time));
}

void TlsConnection::expired() {
    std::string reason = "nobody answered in time";
    if (in_token_) {
        in_token_ = false;
        return finish(TlsOutcome::local, "the token of the client's key did not answer in time");
    }
    if (awaiting_) {
        client_->settle();
        return finish_tls();
    }
    if (client_) {
        take_seen();
        reason = seen_.hello ? "the handshake was not finished in time" : "connected, but no TLS was answered in time";
    } else if (fd_) {
        reason = "connected, but it did not say in time that TLS may begin";
    }
    finish(TlsOutcome::timeout, std::move(reason));
}

void TlsConnection::take_seen() {
    TlsSeen seen = client_->take_seen();
    seen.address = std::move(seen_.address);
    seen.own_listener = seen_.own_listener;
    seen_ = std::move(seen);
}

void TlsConnection::finish_tls() {
    // An unsent alert or Finished is not owed to anybody; what can go at once goes.
    output_ += client_->take_output();
    if (!output_.empty()) (void)::send(fd_.get(), output_.data(), output_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    take_seen();
    finish(seen_.outcome, std::move(seen_.reason));
}

void TlsConnection::finish(TlsOutcome outcome, std::string reason) {
    seen_.outcome = outcome;
    seen_.reason = std::move(reason);
    deadline_->stop();
    io_.reset();
    client_.reset();
    fd_.reset();
    // Last: it may destroy this object.
    const Done done = std::move(done_);
    done(std::move(seen_));
}

}  // namespace integrityd
