#include "watchers/tls/tls_report.hpp"

#include "core/escape.hpp"
#include "core/time_text.hpp"
#include "sources/tls_suites.hpp"
#include "watchers/tls/tls_survey.hpp"

namespace integrityd {

namespace {

ValueMap certificate_map(const TlsCertificate& certificate) {
    return {{"subject", certificate.subject},
            {"issuer", certificate.issuer},
            {"serial", certificate.serial},
            {"sha256", certificate.sha256},
            {"spki_sha256", certificate.spki_sha256},
            {"not_before", rfc3339_of_seconds(certificate.not_before)},
            {"not_after", rfc3339_of_seconds(certificate.not_after)},
            {"key", certificate.key_type},
            {"key_bits", certificate.key_bits},
            {"curve", certificate.curve},
            {"signature", certificate.signature},
            {"names", text_list(certificate.names)},
            {"name_count", certificate.name_count}};
}

ValueMap trial_map(const TlsTrialResult& trial) {
    ValueMap map{{"name", trial.name}, {"verdict", to_string(trial.verdict)}};
    if (!trial.reason.empty()) map["reason"] = trial.reason;
    if (trial.verdict != TlsTrialVerdict::accepted) return map;
    map["version"] = tls_version_name(trial.version);
    map["cipher"] = suite_name(trial.cipher);
    if (trial.group != 0) map["group"] = group_name(trial.group);
    if (trial.dh_bits != 0) map["dh_bits"] = trial.dh_bits;
    return map;
}

void add_facts(ValueMap& map, const TlsFacts& facts, bool clock_wrong) {
    const TlsSeen& seen = facts.seen;
    map["looked"] = rfc3339(facts.looked);
    map["connected_to"] = seen.address;
    map["protocol"] = tls_version_name(seen.version);
    map["cipher"] = suite_name(seen.cipher);
    map["group"] = seen.group != 0     ? group_name(seen.group)
                   : seen.dh_bits != 0 ? "DH with " + std::to_string(seen.dh_bits) + " bits"
                                       : std::string();
    map["alpn"] = seen.alpn;
    map["asks_client_certificate"] = seen.asks_client_certificate;
    map["secure_renegotiation"] = seen.secure_renegotiation;
    map["handshake"] = seen.outcome == TlsOutcome::finished ? std::string("finished") : seen.reason;
    map["trusted"] = facts.chain.trusted;
    map["name_matches"] = facts.chain.name_matches;
    map["staple"] = to_string(facts.chain.staple);
    map["must_staple"] = facts.path.front().must_staple;
    if (!facts.chain.staple_reason.empty()) map["staple_reason"] = facts.chain.staple_reason;
    map["certificates_sent"] = std::uint64_t{facts.sent};
    map["connections"] = facts.connections;
    if (clock_wrong) map["validity"] = "not judged: the device's clock is plainly wrong";
    ValueList path;
    for (const auto& certificate : facts.path)
        path.emplace_back(certificate_map(certificate));
    map["path"] = std::move(path);
    ValueList trials;
    for (const auto& trial : facts.trials)
        trials.emplace_back(trial_map(trial));
    map["trials"] = std::move(trials);
}

}  // namespace

std::string_view endpoint_state(bool known, const TlsReach& reach, const std::string& problem) {
    if (!problem.empty()) return "not judged";
    if (reach.failing()) return "failing";
    return known ? "reached" : "not looked";
}

ValueMap report_endpoint(const TlsEndpoint& endpoint, const TlsFacts* facts, const TlsReach& reach,
                         const std::string& problem, bool clock_wrong) {
    ValueMap map{{"name", endpoint.name}, {"address", escape_cut(endpoint.address, 300)}};
    map["server_name"] = escape_cut(tls_name_of(endpoint), 300);
    map["state"] = endpoint_state(facts != nullptr, reach, problem);
    map["failures"] = reach.failures();
    if (reach.failing()) {
        map["outcome"] = to_string(reach.outcome());
        map["reason"] = reach.reason();
    }
    if (!problem.empty()) map["reason"] = problem;
    if (facts != nullptr) add_facts(map, *facts, clock_wrong);
    return map;
}

}  // namespace integrityd
