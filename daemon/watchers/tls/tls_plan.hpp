// Which connections show what an endpoint would also accept: one per protocol version and class outside the policy.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sources/tls_policy.hpp"
#include "sources/tls_types.hpp"

namespace integrityd {

// A full look at one endpoint makes so many connections at most, the one that judges its certificate and the one that
// asks whether it still answers included: ten thousand devices must not become an attack on their own backend.
inline constexpr std::size_t most_tls_connections = 24;

enum class TlsTrialAbout : std::uint8_t { protocol, cipher, group };

struct TlsTrial {
    std::string name;  // "TLS 1.0", "up to TLS 1.2 with rsa", "TLS 1.3 with x25519": for people, and to know it again
    TlsTrialAbout about = TlsTrialAbout::protocol;
    TlsOffer offer;
    std::vector<std::uint16_t> groups;  // that are asked for; the offer may hold another one as well
};

// `curve`: that of the endpoint's own key, as OpenSSL calls it; without it a server with such a key could not answer.
// Empty: none. `now` as for the policy's items.
[[nodiscard]] std::vector<TlsTrial> plan_trials(const TlsPolicy& policy, std::int64_t now, const std::string& curve);

enum class TlsTrialVerdict : std::uint8_t { accepted, refused, inconclusive };
[[nodiscard]] std::string_view to_string(TlsTrialVerdict verdict);

struct TlsTrialResult {
    std::string name;
    TlsTrialAbout about = TlsTrialAbout::protocol;
    TlsTrialVerdict verdict = TlsTrialVerdict::inconclusive;
    std::string reason;         // why inconclusive
    std::uint16_t version = 0;  // what was accepted
    std::uint16_t cipher = 0;
    std::uint16_t group = 0;
    std::uint32_t dh_bits = 0;

    // The server has answered, if only by choosing something else that was offered beside it.
    [[nodiscard]] bool answered() const { return verdict != TlsTrialVerdict::inconclusive || group != 0; }
};

// Accepted only if the server said so itself, in its ServerHello; refused if it sent an alert, closed, or chose an
// older version. Everything else is inconclusive.
[[nodiscard]] TlsTrialResult judge_trial(const TlsTrial& trial, const TlsSeen& seen);

}  // namespace integrityd
