// TlsStub: a server on the test's own loop that does what no decent server does, or stands before a real one and spoils
// what that says.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "core/event_loop.hpp"
#include "core/unique_fd.hpp"

namespace integrityd::test {

struct StubBehaviour {
    enum class Then : std::uint8_t { silence, close, reset, drip, flood };
    // Said at once, and said when a line (or anything, for an empty word) beginning so was received.
    std::string greeting;
    std::deque<std::pair<std::string, std::string>> dialogue;
    // The real server's port: from the end of the dialogue on its bytes are passed; 0: there is none.
    unsigned upstream = 0;
    // So many connections are passed to it; what follows is `then`.
    std::size_t serves = SIZE_MAX;
    // So many of its bytes are passed at most.
    std::size_t passes = SIZE_MAX;
    // What is passed of what it said in one piece; less of it is the last that is passed.
    std::function<std::string(const std::string&)> spoiled;
    Then then = Then::silence;
    std::string material;  // what is dripped (a byte a turn of the loop's timer) or flooded, over and over
};

// For `spoiled`: the first records of a server's answer, which has one for each message; and the same up to its key
// exchange of TLS 1.2, with a signature that is wrong.
[[nodiscard]] std::string first_records(const std::string& answer, std::size_t count);
[[nodiscard]] std::string wrongly_signed(const std::string& answer);

class TlsStub {
public:
    TlsStub(EventLoop& loop, StubBehaviour behaviour);
    ~TlsStub();
    [[nodiscard]] unsigned port() const { return port_; }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    // From the next connection on.
    void behave(StubBehaviour behaviour);
    [[nodiscard]] std::size_t connections() const { return connections_; }

private:
    struct Peer;
    void accept_one();
    void heard(Peer& peer);
    void answered(Peer& peer);
    void after(Peer& peer);
    void reach_upstream(Peer& peer);
    void drop(Peer& peer, bool reset);

    EventLoop& loop_;
    StubBehaviour behaviour_;
    UniqueFd listener_;
    unsigned port_ = 0;
    std::size_t connections_ = 0;
    std::size_t served_ = 0;  // as it behaves now
    std::list<std::unique_ptr<Peer>> peers_;
    std::unique_ptr<IoSource> io_;
};

}  // namespace integrityd::test
