#include "watchers/tls/tls_judge.hpp"

#include <algorithm>

#include "catalogue_kinds.hpp"
#include "watchers/tls/tls_findings.hpp"

namespace integrityd {

std::vector<Look> TlsFindings::take() {
    Look whole;
    whole.scope = {.source = "tls", .kinds = judged_, .subjects = {{endpoint_}}};
    whole.complete = true;
    Look part;
    part.scope = {.source = "tls", .kinds = {}, .subjects = {{endpoint_}}};
    for (auto& seen : seen_) {
        const bool is_judged = std::ranges::find(judged_, seen.kind) != judged_.end();
        if (!is_judged) part.scope.kinds.push_back(seen.kind);
        (is_judged ? whole : part).seen.push_back(std::move(seen));
    }
    std::vector<Look> looks;
    looks.push_back(std::move(whole));
    if (!part.seen.empty()) looks.push_back(std::move(part));
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
