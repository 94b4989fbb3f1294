// Pins, and what is other than it was accepted.
#include <algorithm>

#include "catalogue_kinds.hpp"
#include "core/members.hpp"
#include "watchers/tls/tls_findings.hpp"

namespace integrityd {

namespace {

bool holds(const std::vector<std::string>& set, const std::string& value) {
    return std::ranges::find(set, value) != set.end();
}

constexpr const char* advice_pin =
    "Do not trust the connection. Ask the server's operator by another way whether the key was changed; only then "
    "accept it, "
    "or put it into spki_sha256.";
constexpr const char* advice_accept =
    "Ask the server's operator whether it was planned, then accept it: integrityctl baseline "
    "accept tls.";

struct Change {
    const TlsFacts& facts;
    const TlsPresent present;
    const TlsAround& around;
    TlsFindings& findings;

    void see(const Kind& kind, const std::string& what, const char* advice, const std::string& value,
             const std::vector<std::string>& accepted) {
        auto& seen = findings.see(kind, what, advice);
        seen.evidence = describe(facts.path.front(), 1);
        seen.evidence["present"] = value;
        seen.evidence["accepted"] = text_list(accepted);
    }
};

// What is pinned may be; so may a key that was accepted while these very pins were configured, because then somebody
// has decided against them.
bool may_be(const std::string& key, const TlsEndpoint& endpoint, const TlsAccepted* accepted) {
    if (holds(endpoint.spki_sha256, key)) return true;
    return accepted != nullptr && accepted->pins == digest_of_pins(endpoint.spki_sha256) && holds(accepted->keys, key);
}

// Whether it was accepted from whom the certificate comes; a path that is not verified proves nothing.
bool same_issuer(const TlsPresent& present, const TlsAccepted& accepted) {
    return !present.issuer.empty() && holds(accepted.issuers, present.issuer);
}

void judge_key(Change& change, const TlsEndpoint& endpoint) {
    const TlsAccepted* const accepted = change.around.accepted;
    change.findings.judged(kinds::tls_pin_mismatch);
    if (!endpoint.spki_sha256.empty()) {
        // Whoever pins decides by the pins alone.
        change.findings.judged(kinds::tls_certificate_renewed);
        if (!may_be(change.present.key, endpoint, accepted)) {
            change.see(kinds::tls_pin_mismatch, "its key is neither pinned nor accepted", advice_pin,
                       change.present.key, endpoint.spki_sha256);
        }
        return;
    }
    if (accepted == nullptr || accepted->keys.empty()) return;
    change.findings.judged(kinds::tls_certificate_renewed);
    if (holds(accepted->keys, change.present.key) || !same_issuer(change.present, *accepted)) return;
    change.see(kinds::tls_certificate_renewed, "it has a new key under the same issuer", advice_accept,
               change.present.key, accepted->keys);
}

// What was accepted on a path that was not verified is the key alone: it stands for whoever issued its certificate.
void judge_without_issuer(Change& change, const TlsEndpoint& endpoint, const TlsAccepted& accepted) {
    // Whoever pins decides by the pins alone.
    if (accepted.keys.empty() || !endpoint.spki_sha256.empty()) return;
    change.findings.judged(kinds::tls_issuer_changed);
    if (holds(accepted.keys, change.present.key)) return;
    change.see(kinds::tls_issuer_changed, "it has a new key, and of the accepted one the issuer is not known",
               advice_accept, change.present.key, accepted.keys);
}

void judge_issuer(Change& change, const TlsEndpoint& endpoint) {
    const TlsAccepted* const accepted = change.around.accepted;
    if (accepted == nullptr) return;
    if (accepted->issuers.empty()) return judge_without_issuer(change, endpoint, *accepted);
    // The key that was accepted, on a path that cannot be verified now: who issued it cannot be said.
    const bool known_key = holds(accepted->keys, change.present.key);
    if (change.present.issuer.empty() && known_key) return;
    change.findings.judged(kinds::tls_issuer_changed);
    if (same_issuer(change.present, *accepted)) return;
    change.see(kinds::tls_issuer_changed,
               "its certificate comes from another issuer: " + change.facts.path.front().issuer, advice_accept,
               change.present.issuer.empty() ? "not verified" : change.present.issuer, accepted->issuers);
}

// Without a verified path another chain is another finding's matter, and one that was told before is not over.
void judged_rest(Change& change, const TlsAccepted& accepted) {
    if (!change.present.chain.empty()) return change.findings.judged(kinds::tls_endpoint_changed);
    change.findings.judged_but(kinds::tls_endpoint_changed, [chains = accepted.chains](const Violation& known) {
        const std::string chain = text_at(known.details, "chain");
        return !chain.empty() && !holds(chains, chain);
    });
}

void judge_rest(Change& change) {
    const TlsAccepted* const accepted = change.around.accepted;
    if (accepted == nullptr || accepted->parameters.empty()) return;
    const bool parameters = holds(accepted->parameters, change.present.parameters);
    const bool chain = change.present.chain.empty() || holds(accepted->chains, change.present.chain);
    judged_rest(change, *accepted);
    if (parameters && chain) return;
    const std::string what =
        parameters ? "its chain of authorities is another one" : "it negotiates " + change.present.parameters + " now";
    auto& seen = change.findings.see(kinds::tls_endpoint_changed, what, advice_accept);
    seen.evidence["parameters"] = change.present.parameters;
    seen.evidence["accepted_parameters"] = text_list(accepted->parameters);
    seen.evidence["chain"] = change.present.chain;
    seen.evidence["accepted_chains"] = text_list(accepted->chains);
}

}  // namespace

void judge_changes(const TlsFacts& facts, const TlsEndpoint& endpoint, const TlsAround& around, TlsFindings& findings) {
    Change change{facts, present_of(facts), around, findings};
    judge_key(change, endpoint);
    judge_issuer(change, endpoint);
    judge_rest(change);
}

ValueMap tls_difference(const TlsFacts& facts, const TlsAccepted* accepted) {
    ValueMap difference;
    if (!facts.reached()) return difference;
    const TlsPresent present = present_of(facts);
    const TlsAccepted none;
    const TlsAccepted& known = accepted != nullptr ? *accepted : none;
    const auto add = [&](const char* name, const std::string& value, const std::vector<std::string>& set) {
        if (value.empty() || holds(set, value)) return;
        difference[name] = ValueMap{{"present", value}, {"accepted", text_list(set)}};
    };
    add("key", present.key, known.keys);
    add("issuer", present.issuer, known.issuers);
    add("chain", present.chain, known.chains);
    add("parameters", present.parameters, known.parameters);
    if (!difference.empty()) {
        difference["subject"] = facts.path.front().subject;
        difference["issued_by"] = facts.path.front().issuer;
        difference["valid_until"] = tls_date(facts.path.front().not_after);
    }
    return difference;
}

}  // namespace integrityd
