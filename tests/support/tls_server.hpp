// TlsServer: a real `openssl s_server` on a port of its own.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

#include "support/tls_authority.hpp"

namespace integrityd::test {

[[nodiscard]] bool have_openssl();

class TlsServer {
public:
    // `options` as for s_server; listens on 127.0.0.1, at any port.
    explicit TlsServer(const TlsFiles& files, const std::vector<std::string>& options = {});
    ~TlsServer();
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;

    // Serves this from now on, at the port that it had.
    void serve(const TlsFiles& files, const std::vector<std::string>& options = {});
    void stop();

    [[nodiscard]] unsigned port() const { return port_; }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
    pid_t pid_ = -1;
    int output_ = -1;
    unsigned port_ = 0;
};

}  // namespace integrityd::test
