// The words of TLS: versions, offers, and what one connection saw. No OpenSSL here.
#pragma once

#include <cstdint>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <vector>

namespace integrityd {

// Protocol versions as they stand on the wire (RFC 8446, 4.2.1).
namespace tls_version {
inline constexpr std::uint16_t ssl3 = 0x0300;
inline constexpr std::uint16_t tls10 = 0x0301;
inline constexpr std::uint16_t tls11 = 0x0302;
inline constexpr std::uint16_t tls12 = 0x0303;
inline constexpr std::uint16_t tls13 = 0x0304;
}  // namespace tls_version

// "TLS 1.2"; "0x7f1c" for what has no name.
[[nodiscard]] std::string tls_version_name(std::uint16_t version);
// The other way; 0 for what is no name.
[[nodiscard]] std::uint16_t parse_tls_version(std::string_view name);

// "2026-11-22", UTC; seconds since 1970.
[[nodiscard]] std::string tls_date(std::int64_t seconds);

struct TlsAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;

    [[nodiscard]] int family() const { return storage.ss_family; }
    // "192.0.2.1:443", "[2001:db8::1]:443"
    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool loopback() const;
};

enum class Starttls : std::uint8_t { none, smtp, imap, ldap };

// How far a connection is followed.
enum class TlsStop : std::uint8_t {
    hello,         // until the server has chosen version and cipher suite
    key_exchange,  // until it has chosen the group too
    end,           // the whole handshake
};

// What a ClientHello offers, in OpenSSL's words.
struct TlsOffer {
    std::uint16_t lowest = tls_version::tls10;
    std::uint16_t highest = tls_version::tls13;
    std::string ciphers;  // up to TLS 1.2
    std::string suites;   // TLS 1.3
    std::string groups;   // empty: all that are usual
    TlsStop stop = TlsStop::end;
};

enum class TlsOutcome : std::uint8_t {
    finished,          // as far as was asked
    alert,             // the peer refused with an alert
    closed,            // the peer closed or reset the connection
    malformed,         // what the peer sent is no TLS, or beyond a limit
    local,             // OpenSSL here could not go on
    timeout,           // the deadline passed
    refused,           // TCP: nobody listens
    unreachable,       // TCP: the host is not reached
    no_route,          // there is no route
    name_unknown,      // the name does not exist
    name_unavailable,  // nobody answers who would know the name
    starttls,          // the dialogue before TLS failed
};

[[nodiscard]] std::string_view to_string(TlsOutcome outcome);

// Whether nothing was there to talk to: neither TLS nor something else answered.
[[nodiscard]] bool is_absence(TlsOutcome outcome);

// What one connection showed, also one that failed.
struct TlsSeen {
    TlsOutcome outcome = TlsOutcome::timeout;
    std::string reason;   // one line, escaped; empty when finished
    std::string address;  // that was connected to
    bool hello = false;   // a ServerHello was there: the next two are the server's choice
    std::uint16_t version = 0;
    std::uint16_t cipher = 0;
    std::uint16_t group = 0;         // IANA's number; 0: none or not seen
    std::uint32_t dh_bits = 0;       // of a finite-field group without a number (TLS 1.2)
    std::uint8_t alert = 0;          // with TlsOutcome::alert
    std::vector<std::string> chain;  // DER, as sent
    bool proven = false;             // who sent it has the key of its first certificate; anybody can send a chain
    std::string ocsp;                // the stapled response, DER
    std::string alpn;
    bool asks_client_certificate = false;
    bool refuses_client = false;  // it asked for a client's certificate, and went no further with what it got
    bool secure_renegotiation = false;
    bool own_listener = false;   // the peer's address is one of this machine
    std::uint64_t received = 0;  // bytes of TLS
};

}  // namespace integrityd
