// What `integrityctl tls` shows of one endpoint.
#pragma once

#include <string>

#include "core/config.hpp"
#include "core/value.hpp"
#include "watchers/tls/tls_facts.hpp"
#include "watchers/tls/tls_reach.hpp"

namespace integrityd {

// `facts`: null where it was never reached. `clock_wrong`: the validity of certificates is not judged.
[[nodiscard]] ValueMap report_endpoint(const TlsEndpoint& endpoint, const TlsFacts* facts, const TlsReach& reach,
                                       const std::string& problem, bool clock_wrong);

}  // namespace integrityd
