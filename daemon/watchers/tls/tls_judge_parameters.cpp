// Protocol, cipher suite and group: what was negotiated, and what the endpoint would also accept.
#include <algorithm>
#include <set>
#include <tuple>

#include "catalogue_kinds.hpp"
#include "sources/tls_suites.hpp"
#include "watchers/tls/tls_findings.hpp"

namespace integrityd {

namespace {

struct Used {
    std::string name;  // "TLS 1.0", a suite, a group
    TlsRating rating;
    std::string how;  // "negotiated", or the trial that showed it
};

std::string group_text(std::uint16_t id, std::uint32_t dh_bits) {
    return id != 0 ? group_name(id) : "DH with " + std::to_string(dh_bits) + " bits";
}

// All that was seen in use of one sort.
class Uses {
public:
    Uses(const TlsFacts& facts, const TlsPolicy& policy, std::int64_t now)
        : facts_(facts), policy_(policy), now_(now) {}

    [[nodiscard]] std::vector<Used> of(TlsTrialAbout about) const {
        std::vector<Used> uses;
        const auto& seen = facts_.seen;
        add(uses, about, seen.version, seen.cipher, seen.group, seen.dh_bits, "negotiated");
        for (const auto& trial : facts_.trials) {
            if (trial.verdict != TlsTrialVerdict::accepted) continue;
            // Only what the trial asked for: in a trial of TLS 1.0 the suite is what TLS 1.0 has. The one that shows
            // the length of a server's own group shows that beside its suite.
            const bool own_group = about == TlsTrialAbout::group && trial.dh_bits != 0;
            if (trial.about != about && !own_group) continue;
            add(uses, about, trial.version, trial.cipher, trial.group, trial.dh_bits, trial.name);
        }
        return uses;
    }

private:
    void add(std::vector<Used>& uses, TlsTrialAbout about, std::uint16_t version, std::uint16_t cipher,
             std::uint16_t group, std::uint32_t dh_bits, const std::string& how) const {
        if (about == TlsTrialAbout::protocol)
            uses.push_back({tls_version_name(version), policy_.protocol(version, now_), how});
        if (about == TlsTrialAbout::cipher) uses.push_back({suite_name(cipher), policy_.cipher(cipher, now_), how});
        if (about == TlsTrialAbout::group && (group != 0 || dh_bits != 0))
            uses.push_back({group_text(group, dh_bits), policy_.group(group, dh_bits, now_), how});
    }

    const TlsFacts& facts_;
    const TlsPolicy& policy_;
    std::int64_t now_;
};

struct Sort {
    TlsTrialAbout about;
    const Kind* weak;
    const Kind* not_recommended;
    const char* advice;
};

const Sort sorts[] = {
    {TlsTrialAbout::protocol, &kinds::tls_protocol_weak, &kinds::tls_protocol_not_recommended,
     "On the server: switch the version off (nginx ssl_protocols, Apache SSLProtocol, OpenSSL MinProtocol)."},
    {TlsTrialAbout::cipher, &kinds::tls_cipher_weak, &kinds::tls_cipher_not_recommended,
     "On the server: take the cipher suites off its list (nginx ssl_ciphers and ssl_conf_command Ciphersuites, Apache "
     "SSLCipherSuite)."},
    {TlsTrialAbout::group, &kinds::tls_group_weak, &kinds::tls_group_not_recommended,
     "On the server: take the groups off its list (nginx ssl_ecdh_curve, OpenSSL Groups)."},
};

bool said_nothing(const TlsFacts& facts, TlsTrialAbout about) {
    return std::ranges::any_of(facts.trials,
                               [&](const TlsTrialResult& trial) { return trial.about == about && !trial.answered(); });
}

void tell(const Kind& kind, TlsStanding standing, const std::vector<Used>& uses, const Sort& sort,
          const TlsPolicy& policy, TlsFindings& findings) {
    ValueList list;
    std::set<std::string> names;
    for (const auto& use : uses) {
        if (use.rating.standing != standing || !names.insert(use.name).second) continue;
        list.emplace_back(ValueMap{{"name", use.name}, {"why", use.rating.why}, {"seen", use.how}});
    }
    if (list.empty()) return;
    std::string all;
    for (const auto& name : names)
        all += (all.empty() ? "" : ", ") + name;
    const bool weak = standing == TlsStanding::weak;
    auto& seen =
        findings.see(kind, "it accepts " + all + (weak ? ", which is weak" : ", not recommended"), sort.advice);
    seen.evidence["accepted"] = std::move(list);
    seen.evidence["policy"] = policy.name;
}

}  // namespace

void judge_parameters(const TlsFacts& facts, const TlsAround& around, TlsFindings& findings) {
    if (around.policy == nullptr) return;
    const Uses all(facts, *around.policy, around.now.value_or(INT64_MIN));
    for (const auto& sort : sorts) {
        if (!said_nothing(facts, sort.about)) {
            findings.judged(*sort.weak);
            findings.judged(*sort.not_recommended);
        }
        const auto uses = all.of(sort.about);
        tell(*sort.weak, TlsStanding::weak, uses, sort, *around.policy, findings);
        tell(*sort.not_recommended, TlsStanding::not_recommended, uses, sort, *around.policy, findings);
    }
}

}  // namespace integrityd
