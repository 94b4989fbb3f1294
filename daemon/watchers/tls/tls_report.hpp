// What `integrityctl tls` shows of one endpoint.
#pragma once

#include <string>
#include <string_view>

#include "core/config.hpp"
#include "core/value.hpp"
#include "watchers/tls/tls_facts.hpp"
#include "watchers/tls/tls_reach.hpp"

namespace integrityd {

// "reached", "failing", "not looked", "not judged"; `known`: it was reached at some time.
[[nodiscard]] std::string_view endpoint_state(bool known, const TlsReach& reach, const std::string& problem);

// `facts`: null where it was never reached. `clock_wrong`: the validity of certificates is not judged.
[[nodiscard]] ValueMap report_endpoint(const TlsEndpoint& endpoint, const TlsFacts* facts, const TlsReach& reach,
                                       const std::string& problem, bool clock_wrong);

}  // namespace integrityd
