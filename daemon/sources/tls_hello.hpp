// What a server chose, read from its own messages: independent of whether OpenSSL here likes the choice.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace integrityd {

struct TlsServerHello {
    std::uint16_t version = 0;
    std::uint16_t cipher = 0;
    std::uint16_t group = 0;  // of a TLS 1.3 key share; 0: none
    bool retry = false;       // a HelloRetryRequest: not a choice yet
};

// A ServerHello message with its 4 bytes of head (RFC 8446, 4.1.3; RFC 5246, 7.4.1.3). Total; none: it is none.
[[nodiscard]] std::optional<TlsServerHello> parse_server_hello(std::string_view message);

struct TlsKeyExchange {
    std::uint16_t group = 0;    // ECDHE: IANA's number of the named curve
    std::uint32_t dh_bits = 0;  // DHE: length of the prime
};

// A ServerKeyExchange message with its head (RFC 8422, 5.4; RFC 5246, 7.4.3). Total.
enum class TlsExchangeKind : std::uint8_t { ecdhe, dhe };
[[nodiscard]] std::optional<TlsKeyExchange> parse_server_key_exchange(std::string_view message, TlsExchangeKind kind);

}  // namespace integrityd
