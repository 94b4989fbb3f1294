// What one look at one endpoint found.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/values.hpp"
#include "sources/tls_certificate.hpp"
#include "sources/tls_trust.hpp"
#include "sources/tls_types.hpp"
#include "watchers/tls/tls_plan.hpp"

namespace integrityd {

struct TlsFacts {
    std::string endpoint;
    TlsSeen seen;                      // without the certificates
    std::vector<TlsCertificate> path;  // verified, up to the authority; else as sent
    std::size_t sent = 0;              // certificates that the server sent
    TlsChainVerdict chain;             // without the certificates
    std::string problem;               // why it cannot be judged here (a file of ours): one line; empty: it can
    bool full = false;                 // the trials were made
    std::vector<TlsTrialResult> trials;
    unsigned connections = 0;
    WallTime looked = 0;

    // The server has shown a certificate and that it has its key, and refused this device's own if it went no further.
    // Without that nothing is known of it: whoever stands in its place can show its certificate too, and choose a
    // cipher suite that nobody uses.
    [[nodiscard]] bool reached() const {
        return seen.proven && !path.empty() && (seen.outcome == TlsOutcome::finished || seen.refuses_client);
    }
};

}  // namespace integrityd
