// The judgement of one endpoint: facts, policy and baseline → what is seen. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/config.hpp"
#include "core/values.hpp"
#include "sources/tls_policy.hpp"
#include "watchers/tls/tls_baseline.hpp"
#include "watchers/tls/tls_facts.hpp"

namespace integrityd {

struct TlsAround {
    const TlsPolicy* policy = nullptr;      // null: it could not be read, nothing is judged by it
    std::optional<std::int64_t> now;        // seconds since 1970; none: the device's clock is plainly wrong
    Duration expiring{0};                   // 0: never said
    const TlsAccepted* accepted = nullptr;  // null: nothing was accepted of this endpoint
};

// What an endpoint that showed its certificate is like. Kinds that cannot be judged now (validity by a wrong clock,
// changes without a baseline, what it would accept where a trial said nothing) are raised if seen and never taken back.
[[nodiscard]] std::vector<Look> judge(const TlsFacts& facts, const TlsEndpoint& endpoint, const TlsAround& around);

// Takes back what was told of endpoints that are not configured any more, and nothing else.
[[nodiscard]] Look judge_configured(const std::vector<TlsEndpoint>& endpoints);

// The policy's own date; without a clock nothing.
[[nodiscard]] std::optional<Look> judge_policy(const TlsPolicy& policy, std::optional<std::int64_t> now);

// The kinds that an acceptance settles.
[[nodiscard]] std::vector<const Kind*> tls_baseline_kinds();

// How an endpoint differs from what was accepted, for people; empty: it does not.
[[nodiscard]] ValueMap tls_difference(const TlsFacts& facts, const TlsAccepted* accepted);

}  // namespace integrityd
