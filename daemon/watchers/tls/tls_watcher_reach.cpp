// Which endpoints cannot be reached, and whether the network is missing.
#include "catalogue_kinds.hpp"
#include "core/escape.hpp"
#include "watchers/tls/tls_watcher.hpp"

namespace integrityd {

namespace {

constexpr std::string_view offline_subject = "network";

const char* advice_for(bool absent, bool refuses_client) {
    if (absent) return "On the network: address, name and firewall. On the server: whether it runs.";
    if (refuses_client)
        return "Here: client_certificate, whether it has expired. On the server: whether it trusts this certificate's "
               "issuer, and its log.";
    return "On the server: what it answers to a TLS client, and its log.";
}

}  // namespace

// Whether the network is what is missing: no endpoint beyond this machine has a route, each of them several times.
// None: nobody knows yet, as after a start, when the first try has failed.
std::optional<bool> TlsWatcher::is_offline() const {
    if (forbidden_) return std::nullopt;
    std::optional<bool> route;
    bool cut_off = false;
    bool undecided = false;
    bool unknown = false;
    for (const auto& [name, known] : endpoints_) {
        unknown = unknown || !known.problem.empty();
        if (!known.problem.empty() || (known.facts && known.facts->seen.own_listener)) continue;
        const TlsOutcome outcome = known.reach.outcome();
        bool no_route = outcome == TlsOutcome::no_route;
        if (outcome == TlsOutcome::name_unavailable || outcome == TlsOutcome::name_unknown) {
            if (!route) route = machine_.has_default_route();
            no_route = !*route;
        }
        if (!no_route) return false;
        (known.reach.down() ? cut_off : undecided) = true;
    }
    if (undecided || (unknown && !cut_off)) return std::nullopt;
    return cut_off;
}

void TlsWatcher::tell_network(bool offline) {
    Look network{
        .scope = {.source = "tls", .kinds = {&kinds::tls_offline}, .subjects = {{std::string(offline_subject)}}},
        .complete = true};
    if (offline) {
        Observation seen{.kind = &kinds::tls_offline, .subject = std::string(offline_subject)};
        seen.summary = "there is no route to any endpoint";
        seen.evidence["endpoints"] = std::uint64_t{endpoints_.size()};
        network.seen.push_back(std::move(seen));
    }
    context_.sink.report(std::move(network));
}

void TlsWatcher::tell_reach() {
    const auto offline = is_offline();
    if (offline) tell_network(*offline);
    for (const auto& [name, known] : endpoints_) {
        const bool decided = known.problem.empty() && (known.reach.down() || (!known.reach.failing() && known.facts));
        if (!decided || forbidden_) continue;
        // One finding for the network stands for all that it cuts off.
        if (offline.value_or(false) && known.reach.down()) continue;
        Look look{.scope = {.source = "tls", .kinds = {&kinds::tls_endpoint_unreachable}, .subjects = {{name}}},
                  .complete = true};
        if (known.reach.down() && known.config->required) {
            Observation seen{.kind = &kinds::tls_endpoint_unreachable, .subject = name};
            const bool absent = is_absence(known.reach.outcome());
            seen.summary = name + (absent ? ": not reached: " : ": no TLS handshake: ") + known.reach.reason();
            seen.evidence["address"] = escape_cut(known.config->address, 300);
            seen.evidence["outcome"] = to_string(known.reach.outcome());
            seen.context["reason"] = known.reach.reason();
            seen.context["failures"] = known.reach.failures();
            seen.context["advice"] = advice_for(absent, known.refused);
            look.seen.push_back(std::move(seen));
        }
        context_.sink.report(std::move(look));
    }
}

}  // namespace integrityd
