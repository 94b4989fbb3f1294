// TlsRig: a loop, a context and one probe after the other.
#pragma once

#include <optional>
#include <string>

#include <catch2/catch.hpp>

#include "core/event_loop_sd.hpp"
#include "sources/tls_certificate.hpp"
#include "sources/tls_names.hpp"
#include "sources/tls_probe.hpp"
#include "support/failure_bound.hpp"
#include "support/temporary_directory.hpp"
#include "support/tls_server.hpp"
#include "support/tls_stub.hpp"

namespace integrityd::test {

// Turns the loop until `done()`; a test that waits longer than failure_bound has failed.
template <typename Done>
bool turn_until(SdEventLoop& loop, Done done) {
    bool late = false;
    const auto bound = loop.add_timer([&] { late = true; }, std::chrono::seconds(1));
    bound->start(failure_bound);
    while (!done() && !late)
        loop.run_once(std::chrono::seconds(1));
    return done();
}

struct TlsRig {
    TemporaryDirectory directory;
    SdEventLoop loop;
    TlsAuthority authority{directory.path()};
    std::shared_ptr<TlsContext> context = std::move(*TlsContext::make({}));
    Duration timeout = failure_bound;
    Worker* tokens = nullptr;

    TlsSeen probe(const std::string& address, TlsOffer offer = {}, Starttls starttls = Starttls::none,
                  const std::vector<std::string>& alpn = {}) {
        TlsTarget target{resolve_numeric(*parse_host_port(address))->addresses, "endpoint.test", starttls, alpn};
        return probe(std::move(target), std::move(offer));
    }
    TlsSeen probe(TlsTarget target, TlsOffer offer = {}) {
        std::optional<TlsSeen> seen;
        TlsConnection probe(
            loop, context, std::move(target), std::move(offer), timeout,
            [&](TlsSeen result) { seen = std::move(result); }, tokens);
        REQUIRE(turn_until(loop, [&] { return seen.has_value(); }));
        return *seen;
    }
};

// The offer of one protocol version, with everything that can be had at all.
inline TlsOffer only(std::uint16_t version, TlsStop stop = TlsStop::hello) {
    TlsOffer offer{version, version, "ALL:COMPLEMENTOFALL:@SECLEVEL=0", "", "", stop};
    return offer;
}

}  // namespace integrityd::test
