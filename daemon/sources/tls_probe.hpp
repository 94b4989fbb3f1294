// TlsConnection: one connection to one endpoint, from the first address to the last byte that is wanted, under one
// deadline.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/event_loop.hpp"
#include "core/unique_fd.hpp"
#include "core/worker.hpp"
#include "sources/tls_client.hpp"
#include "sources/tls_connect.hpp"
#include "sources/tls_context.hpp"
#include "sources/tls_starttls.hpp"
#include "sources/tls_types.hpp"

namespace integrityd {

struct TlsTarget {
    std::vector<TlsAddress> addresses;
    std::string server_name;  // sent as SNI; empty: none
    Starttls starttls = Starttls::none;
    std::vector<std::string> alpn;
};

class TlsConnection {
public:
    // `done` is called once, from the loop, never from the constructor. It may destroy this object. Destroying it
    // before ends the connection.
    using Done = std::function<void(TlsSeen)>;
    // `tokens`: its lane of that name works with a context whose key is in a token; none: that is done on the loop,
    // which waits for the token.
    TlsConnection(EventLoop& loop, std::shared_ptr<TlsContext> context, TlsTarget target, TlsOffer offer,
                  Duration timeout, Done done, Worker* tokens = nullptr);
    ~TlsConnection();
    TlsConnection(const TlsConnection&) = delete;
    TlsConnection& operator=(const TlsConnection&) = delete;

private:
    void connected(TcpConnected result);
    void ready(std::uint32_t events);
    [[nodiscard]] bool receive();
    [[nodiscard]] bool take(std::string_view bytes);
    [[nodiscard]] bool talk(std::string_view bytes);
    [[nodiscard]] bool hand_over(std::string_view bytes);
    void back_from_token(bool over);
    [[nodiscard]] bool advanced(bool over);
    void listen();
    [[nodiscard]] bool begin_tls();
    [[nodiscard]] bool send();
    void broken(std::string_view why);
    void await_refusal();
    void expired();
    void finish(TlsOutcome outcome, std::string reason);
    void take_seen();
    void finish_tls();

    EventLoop& loop_;
    std::shared_ptr<TlsContext> context_;
    TlsTarget target_;
    TlsOffer offer_;
    Done done_;
    TlsSeen seen_;
    std::string output_;
    UniqueFd fd_;
    std::unique_ptr<IoSource> io_;
    std::unique_ptr<StarttlsDialogue> dialogue_;
    std::shared_ptr<TlsClient> client_;
    std::unique_ptr<TcpConnect> connect_;
    const Monotonic until_;
    bool awaiting_ = false;  // a refusal, after the handshake
    std::unique_ptr<Timer> deadline_;
    Worker* tokens_;
    bool in_token_ = false;  // another thread is at work with the client
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace integrityd
