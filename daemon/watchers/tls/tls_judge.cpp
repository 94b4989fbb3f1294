#include "watchers/tls/tls_judge.hpp"

#include <algorithm>
#include <set>

#include "catalogue_kinds.hpp"
#include "watchers/tls/tls_findings.hpp"

namespace integrityd {

// With what was seen of these kinds; taken.
Look TlsFindings::look(std::vector<const Kind*> kinds, bool complete) {
    Look look;
    look.scope = {.source = "tls", .kinds = std::move(kinds), .subjects = {{endpoint_}}};
    look.complete = complete;
    std::erase_if(seen_, [&](Observation& seen) {
        if (std::ranges::find(look.scope.kinds, seen.kind) == look.scope.kinds.end()) return false;
        look.seen.push_back(std::move(seen));
        return true;
    });
    return look;
}

std::vector<Look> TlsFindings::take() {
    std::vector<Look> looks;
    looks.push_back(look(std::move(judged_), true));
    for (auto& [kind, remains] : judged_but_) {
        looks.push_back(look({kind}, true));
        looks.back().still_present = std::move(remains);
    }
    std::vector<const Kind*> others;
    for (const auto& seen : seen_)
        others.push_back(seen.kind);
    if (!others.empty()) looks.push_back(look(std::move(others), false));
    return looks;
}

ValueMap describe(const TlsCertificate& certificate, std::size_t position) {
    ValueMap map;
    map["position"] = std::uint64_t{position};
    map["subject"] = certificate.subject;
    map["issuer"] = certificate.issuer;
    map["serial"] = certificate.serial;
    map["sha256"] = certificate.sha256;
    return map;
}

std::vector<Look> judge(const TlsFacts& facts, const TlsEndpoint& endpoint, const TlsAround& around) {
    TlsFindings findings(facts.endpoint);
    judge_certificates(facts, around, findings);
    judge_parameters(facts, around, findings);
    judge_changes(facts, endpoint, around, findings);
    return findings.take();
}

Look judge_configured(const std::vector<TlsEndpoint>& endpoints) {
    Look look;
    look.scope = {.source = "tls", .kinds = {}, .subjects = std::nullopt};
    look.complete = true;
    for (const Kind& kind : all_kinds()) {
        const bool of_no_endpoint = kind.name == kinds::tls_offline.name || kind.name == kinds::tls_policy_expired.name;
        // Of the network and of the policy something is to be said as long as there is an endpoint.
        if (kind.source == "tls" && (!of_no_endpoint || endpoints.empty())) look.scope.kinds.push_back(&kind);
    }
    std::set<std::string, std::less<>> names;
    for (const auto& endpoint : endpoints)
        names.insert(endpoint.name);
    look.still_present = [names = std::move(names)](const Violation& known) { return names.contains(known.subject); };
    return look;
}

std::optional<Look> judge_policy(const TlsPolicy& policy, std::optional<std::int64_t> now) {
    if (!now) return std::nullopt;
    Look look;
    look.scope = {.source = "tls", .kinds = {&kinds::tls_policy_expired}, .subjects = std::nullopt};
    look.complete = true;
    if (!policy.expired(*now)) return look;
    Observation seen{.kind = &kinds::tls_policy_expired, .subject = policy.name};
    seen.summary =
        "the TLS policy " + policy.name + " of " + policy.date + " was meant to be used until " + policy.until_text;
    seen.evidence["policy"] = policy.name;
    seen.evidence["date"] = policy.date;
    seen.evidence["until"] = policy.until_text;
    look.seen.push_back(std::move(seen));
    return look;
}

std::vector<const Kind*> tls_baseline_kinds() {
    return {&kinds::tls_pin_mismatch, &kinds::tls_issuer_changed, &kinds::tls_certificate_renewed,
            &kinds::tls_endpoint_changed};
}

}  // namespace integrityd
