// Trust, name, validity, revocation, keys and signatures.
#include <algorithm>
#include <utility>

#include "catalogue_kinds.hpp"
#include "core/members.hpp"
#include "core/time_text.hpp"
#include "sources/tls_types.hpp"
#include "watchers/tls/tls_findings.hpp"

namespace integrityd {

namespace {

// The path of a chain that nobody vouches for may hold anything: then the endpoint's own certificate alone counts.
std::size_t counted(const TlsFacts& facts) {
    return facts.chain.trusted ? facts.path.size() : 1;
}

bool is_about_authority(const Violation& known) {
    const auto* const certificates = list_at(known.details, "certificates");
    return certificates != nullptr && std::ranges::any_of(*certificates, [](const Value& each) {
               const auto* const map = each.get<ValueMap>();
               return map != nullptr && number_at(*map, "position") > 1;
           });
}

// Without a path that somebody vouches for, what was told of its authorities is not over.
void judged_path(const Kind& kind, const TlsFacts& facts, TlsFindings& findings) {
    if (facts.chain.trusted) return findings.judged(kind);
    findings.judged_but(kind, is_about_authority);
}

std::string who(const TlsFacts& facts, std::size_t index) {
    if (index == 0) return "its certificate";
    return "the certificate of its authority " + facts.path[index].subject;
}

void judge_trust(const TlsFacts& facts, TlsFindings& findings) {
    findings.judged(kinds::tls_certificate_untrusted);
    if (facts.chain.trusted) return;
    const std::string why = facts.chain.reasons.empty() ? "" : ": " + facts.chain.reasons.front();
    const std::string advice =
        facts.chain.wrong_purpose
            ? "On the server: a certificate that is meant for servers (extended key usage serverAuth)."
            : "On the server: send the whole chain. On this device, only if the new authority was announced: put it "
              "into "
              "ca_file.";
    auto& seen = findings.see(kinds::tls_certificate_untrusted, "its certificate is not trusted" + why, advice);
    seen.evidence = describe(facts.path.front(), 1);
    seen.evidence["reasons"] = text_list(facts.chain.reasons);
    seen.context["sent"] = std::uint64_t{facts.sent};
}

void judge_name(const TlsFacts& facts, TlsFindings& findings) {
    findings.judged(kinds::tls_certificate_name_mismatch);
    if (facts.chain.name_matches) return;
    auto& seen = findings.see(kinds::tls_certificate_name_mismatch, "its certificate is for another name",
                              "On this device: server_name, address and name resolution. On the server: a certificate "
                              "that holds the name.");
    seen.evidence = describe(facts.path.front(), 1);
    seen.evidence["names"] = text_list(facts.path.front().names);
    seen.evidence["name_count"] = facts.path.front().name_count;
}

struct Validity {
    const Kind* kind;
    std::string what;
    std::string advice;
};

// One observation per kind: certificates of the path that are in this state, each with its dates.
void tell_validity(const TlsFacts& facts, const Validity& validity, const std::vector<std::size_t>& which,
                   const TlsAround& around, TlsFindings& findings) {
    judged_path(*validity.kind, facts, findings);
    if (which.empty()) return;
    const auto& first = facts.path[which.front()];
    const bool begins = validity.kind == &kinds::tls_certificate_not_yet_valid;
    const std::string date = tls_date(begins ? first.not_before : first.not_after);
    auto& seen =
        findings.see(*validity.kind, who(facts, which.front()) + " " + validity.what + " " + date, validity.advice);
    ValueList list;
    for (const std::size_t index : which) {
        ValueMap each = describe(facts.path[index], index + 1);
        each["not_before"] = rfc3339_of_seconds(facts.path[index].not_before);
        each["not_after"] = rfc3339_of_seconds(facts.path[index].not_after);
        list.emplace_back(std::move(each));
    }
    seen.evidence["certificates"] = std::move(list);
    seen.context["device_time"] = rfc3339_of_seconds(*around.now);
}

void judge_validity(const TlsFacts& facts, const TlsAround& around, TlsFindings& findings) {
    // By a clock that is plainly wrong nothing is expired and nothing is not: what was told before stays.
    if (!around.now) return;
    const std::int64_t now = *around.now;
    const auto margin = std::chrono::duration_cast<std::chrono::seconds>(around.expiring).count();
    std::vector<std::size_t> expired;
    std::vector<std::size_t> early;
    std::vector<std::size_t> expiring;
    for (std::size_t i = 0; i < counted(facts); ++i) {
        const auto& certificate = facts.path[i];
        if (now > certificate.not_after)
            expired.push_back(i);
        else if (now < certificate.not_before)
            early.push_back(i);
        else if (margin != 0 && certificate.not_after - now < margin)
            expiring.push_back(i);
    }
    tell_validity(facts, {&kinds::tls_certificate_expired, "expired on", "On the server: a new certificate."}, expired,
                  around, findings);
    tell_validity(facts,
                  {&kinds::tls_certificate_not_yet_valid, "is not valid before",
                   "On this device: the clock. On the server: when the certificate was made."},
                  early, around, findings);
    tell_validity(facts, {&kinds::tls_certificate_expiring, "expires on", "On the server: a new certificate in time."},
                  expiring, around, findings);
}

// A server that staples nothing, or nonsense, does not take back what its authority has said of this certificate; nor
// does an answer from before that, which says good until it is too old. Another certificate does: whether that one is
// still valid must be known, or it may be the one before.
void judge_unrevoked(const TlsFacts& facts, const TlsAround& around, TlsFindings& findings) {
    if (!facts.chain.trusted || !facts.chain.name_matches || facts.chain.staple == TlsStaple::unknown) return;
    if (!around.now || *around.now > facts.path.front().not_after) return;
    const std::string good =
        facts.chain.staple == TlsStaple::good ? rfc3339_of_seconds(facts.chain.staple_from) : std::string();
    findings.judged_but(kinds::tls_certificate_revoked,
                        [shown = facts.path.front().sha256, good](const Violation& known) {
                            const std::string revoked = text_at(known.details, "sha256");
                            const bool another = !revoked.empty() && revoked != shown;
                            return !another && text_at(known.details, "answer_of") >= good;
                        });
}

void judge_revocation(const TlsFacts& facts, const TlsAround& around, TlsFindings& findings) {
    if (facts.chain.staple != TlsStaple::revoked) return judge_unrevoked(facts, around, findings);
    findings.judged(kinds::tls_certificate_revoked);
    auto& seen = findings.see(
        kinds::tls_certificate_revoked, "its certificate was revoked by its authority " + facts.chain.staple_reason,
        "On the server: a new certificate with a new key; until then do not trust the connection.");
    seen.evidence = describe(facts.path.front(), 1);
    seen.evidence["revoked"] = facts.chain.staple_reason;
    seen.context["answer_of"] = rfc3339_of_seconds(facts.chain.staple_from);
}

struct Rated {
    const Kind* kind;
    const TlsCertificate* certificate;
    std::size_t position;
    std::string what;
    std::string value;
};

const Kind* kind_of(TlsStanding standing, const Kind& weak) {
    if (standing == TlsStanding::weak) return &weak;
    return standing == TlsStanding::not_recommended ? &kinds::tls_certificate_not_recommended : nullptr;
}

std::string key_text(const TlsCertificate& certificate) {
    const std::string bits = certificate.key_type + " " + std::to_string(certificate.key_bits);
    return certificate.curve.empty() ? bits : bits + " " + certificate.curve;
}

std::vector<Rated> rate(const TlsFacts& facts, const TlsPolicy& policy, std::int64_t now) {
    std::vector<Rated> rated;
    for (std::size_t i = 0; i < counted(facts); ++i) {
        const auto& certificate = facts.path[i];
        const auto key = policy.key(certificate, now);
        if (const Kind* kind = kind_of(key.standing, kinds::tls_certificate_weak_key))
            rated.push_back({kind, &certificate, i + 1, "key", key_text(certificate) + ": " + key.why});
        // Nobody checks the signature of an authority on itself.
        if (certificate.self_issued && i > 0) continue;
        const auto signature = policy.signature(certificate.signature, now);
        if (const Kind* kind = kind_of(signature.standing, kinds::tls_certificate_weak_signature))
            rated.push_back({kind, &certificate, i + 1, "signature", certificate.signature + ": " + signature.why});
    }
    return rated;
}

void judge_strength(const TlsFacts& facts, const TlsAround& around, TlsFindings& findings) {
    if (around.policy == nullptr) return;
    const auto rated = rate(facts, *around.policy, around.now.value_or(INT64_MIN));
    for (const auto& [kind, advice] :
         {std::pair{&kinds::tls_certificate_weak_key, "On the server: a new key that the policy allows."},
          std::pair{&kinds::tls_certificate_weak_signature,
                    "On the server: have the certificate issued anew with an allowed signature."},
          std::pair{&kinds::tls_certificate_not_recommended,
                    "On the server: plan a certificate that the policy recommends."}}) {
        judged_path(*kind, facts, findings);
        ValueList list;
        std::string first;
        for (const auto& each : rated) {
            if (each.kind != kind) continue;
            ValueMap one = describe(*each.certificate, each.position);
            one[each.what] = each.value;
            if (first.empty()) first = who(facts, each.position - 1) + ": " + each.what + " " + each.value;
            list.emplace_back(std::move(one));
        }
        if (list.empty()) continue;
        const std::size_t more = list.size() - 1;
        auto& seen = findings.see(*kind, first + (more > 0 ? " (and " + std::to_string(more) + " more)" : ""), advice);
        seen.evidence["certificates"] = std::move(list);
        seen.evidence["policy"] = around.policy->name;
    }
}

}  // namespace

void judge_certificates(const TlsFacts& facts, const TlsAround& around, TlsFindings& findings) {
    judge_trust(facts, findings);
    judge_name(facts, findings);
    judge_validity(facts, around, findings);
    judge_revocation(facts, around, findings);
    judge_strength(facts, around, findings);
}

}  // namespace integrityd
