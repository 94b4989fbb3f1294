// TcpConnect: the first of several addresses that answers (after RFC 8305, "Happy Eyeballs").
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/event_loop.hpp"
#include "core/unique_fd.hpp"
#include "sources/tls_types.hpp"

namespace integrityd {

struct TcpConnected {
    TlsOutcome outcome = TlsOutcome::finished;  // finished: `fd` is connected
    std::string reason;
    UniqueFd fd;
    std::string address;
    bool own_listener = false;  // both ends have the same address: the peer is on this machine
};

// Connects without blocking. The next address is tried when one fails, or has not answered for a quarter of a second;
// the first that answers is taken. It has no deadline: who owns it has. Destroying it ends the tries.
class TcpConnect {
public:
    // `done` is called once, from the loop, never from the constructor. It may destroy this object.
    using Done = std::function<void(TcpConnected)>;
    TcpConnect(EventLoop& loop, std::vector<TlsAddress> addresses, Done done);
    ~TcpConnect();
    TcpConnect(const TcpConnect&) = delete;
    TcpConnect& operator=(const TcpConnect&) = delete;

private:
    struct Attempt;

    void try_next();
    void begin(const TlsAddress& address);
    void ready(const Attempt* attempt);
    void failed(int error, const TlsAddress& address);
    void finish(TcpConnected result);

    EventLoop& loop_;
    std::vector<TlsAddress> addresses_;
    Done done_;
    std::size_t next_ = 0;
    std::vector<std::unique_ptr<Attempt>> attempts_;
    TcpConnected worst_;  // what is said if all fail: the answer that says most
    std::unique_ptr<Timer> timer_;
};

// Whether this process may use the network at all; its unit may forbid it.
[[nodiscard]] bool may_use_network();

// Whether there is any way out of this machine: a default route, or one to a test network. Sends nothing.
[[nodiscard]] bool has_default_route();

}  // namespace integrityd
