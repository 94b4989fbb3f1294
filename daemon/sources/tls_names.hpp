// Names and addresses of endpoints.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sources/tls_types.hpp"

namespace integrityd {

// HOST:PORT, "[v6 address]:PORT".
struct TlsHostPort {
    std::string host;  // without brackets
    std::string port;  // digits
};
[[nodiscard]] std::optional<TlsHostPort> parse_host_port(std::string_view address);

// Whether the host is a numeric address: it is the certificate's address then, and no server name is sent.
[[nodiscard]] bool is_numeric_host(const std::string& host);

struct TlsResolved {
    TlsOutcome outcome = TlsOutcome::finished;  // finished, name_unknown or name_unavailable
    std::string reason;
    std::vector<TlsAddress> addresses;  // in the order to try: the families in turn (RFC 8305, 4)
};

// Of a numeric host at once; none: it is a name.
[[nodiscard]] std::optional<TlsResolved> resolve_numeric(const TlsHostPort& where);
// Asks the system's resolver. Blocks as long as that does: for Lane::names.
[[nodiscard]] TlsResolved resolve(const TlsHostPort& where);

}  // namespace integrityd
