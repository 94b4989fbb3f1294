// Which of this machine's own listeners speak TLS.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/event_loop.hpp"
#include "core/result.hpp"
#include "sources/tls_certificate.hpp"
#include "sources/tls_types.hpp"

namespace integrityd {

// Where a listener is asked: its own address, or the loopback where it listens everywhere. Sorted, each port once.
// `text` is that of /proc/net/tcp or tcp6: total, lines of another form are passed over; at most 256 listeners.
[[nodiscard]] std::vector<std::string> parse_listeners(std::string_view text);

struct TlsListener {
    std::string address;  // HOST:PORT
    Starttls starttls = Starttls::none;
    std::uint16_t version = 0;
    TlsCertificate certificate;
};

// Reads ROOT/proc/net/tcp and tcp6 and connects to each listener, all at once, with `timeout` for each connection.
// Changes nothing, but blocks until the last one has answered.
[[nodiscard]] Result<std::vector<TlsListener>> discover_tls(const std::string& root, Duration timeout);

[[nodiscard]] std::string_view to_string(Starttls starttls);

}  // namespace integrityd
