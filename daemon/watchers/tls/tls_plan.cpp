#include "watchers/tls/tls_plan.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "sources/tls_suites.hpp"

namespace integrityd {

namespace {

using namespace tls_version;

constexpr const char* every_cipher = "ALL:COMPLEMENTOFALL:!PSK:!SRP:@SECLEVEL=0";
constexpr const char* every_suite =
    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256:"
    "TLS_AES_128_CCM_8_SHA256";
constexpr const char* ephemeral_curves = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:ECDHE:@SECLEVEL=0";
constexpr std::uint16_t x25519 = 29;

bool recommended(const TlsRating& rating) {
    return rating.standing == TlsStanding::recommended;
}

class Plan {
public:
    Plan(const TlsPolicy& policy, std::int64_t now, std::string curve)
        : policy_(policy), now_(now), curve_(std::move(curve)) {}

    std::vector<TlsTrial> make() {
        for (const std::uint16_t version : {tls10, tls11, tls12, tls13})
            protocol(version);
        for (const auto family : suite_classes())
            ciphers(family);
        groups();
        // One connection is the look itself, one may ask at the end whether it still answers.
        if (trials_.size() > most_tls_connections - 2) trials_.resize(most_tls_connections - 2);
        return std::move(trials_);
    }

private:
    void protocol(std::uint16_t version) {
        if (recommended(policy_.protocol(version, now_))) return;
        trials_.push_back({tls_version_name(version),
                           TlsTrialAbout::protocol,
                           {version, version, every_cipher, every_suite, "", TlsStop::hello},
                           {}});
    }

    // Without a secret in common neither PSK nor SRP can be offered.
    void ciphers(std::string_view family) {
        if (family == "psk" || family == "srp") return;
        std::vector<std::string> old;
        std::vector<std::string> new_ones;
        for (const auto& suite : offerable_suites()) {
            if (suite.family != family) continue;
            // The length of a server's own finite-field group is known only when it is used.
            const bool look = family == "dhe" || !recommended(policy_.cipher(suite.id, now_));
            if (look) (suite.tls13 ? new_ones : old).push_back(suite.openssl);
        }
        const std::string name(family);
        const TlsStop stop = family == "dhe" ? TlsStop::key_exchange : TlsStop::hello;
        if (!old.empty()) {
            trials_.push_back(
                {"up to TLS 1.2 with " + name,
                 TlsTrialAbout::cipher,
                 {tls10, tls12, fmt::format("{}:@SECLEVEL=0", fmt::join(old, ":")), every_suite, "", stop},
                 {}});
        }
        if (!new_ones.empty()) {
            trials_.push_back(
                {"TLS 1.3 with " + name,
                 TlsTrialAbout::cipher,
                 {tls13, tls13, every_cipher, fmt::format("{}", fmt::join(new_ones, ":")), "", TlsStop::hello},
                 {}});
        }
    }

    void groups() {
        std::vector<TlsGroup> fast;
        std::vector<TlsGroup> weak;
        std::vector<TlsGroup> others;
        for (const auto& group : known_groups()) {
            if (group.openssl.empty()) continue;
            const auto standing = policy_.group(group.id, 0, now_).standing;
            if (standing == TlsStanding::recommended) continue;
            (group.id == x25519 ? fast : standing == TlsStanding::weak ? weak : others).push_back(group);
        }
        const auto is_new = [](const TlsGroup& group) { return group.tls13; };
        std::vector<TlsGroup> others13;
        std::ranges::copy_if(others, std::back_inserter(others13), is_new);
        // Finite-field groups have no numbers that count in TLS 1.2: what the server has is seen with "dhe".
        std::erase_if(others, [](const TlsGroup& group) { return group.id >= 256; });
        group_trial(tls13, "x25519", fast);
        group_trial(tls13, "other groups", others13);
        group_trial(tls12, "x25519", fast);
        group_trial(tls12, "weak curves", weak);
        group_trial(tls12, "other curves", others);
    }

    void group_trial(std::uint16_t version, const std::string& what, const std::vector<TlsGroup>& asked) {
        if (asked.empty()) return;
        TlsTrial trial{tls_version_name(version) + " with " + what,
                       TlsTrialAbout::group,
                       {version, version, ephemeral_curves, every_suite, "", TlsStop::key_exchange},
                       {}};
        std::vector<std::string> words;
        for (const auto& group : asked) {
            words.emplace_back(group.openssl);
            trial.groups.push_back(group.id);
        }
        // RFC 8422, 5.1: the list restricts the curve of the server's certificate too. It goes last.
        if (version < tls13 && !curve_.empty()) words.push_back(curve_);
        trial.offer.groups = fmt::format("{}", fmt::join(words, ":"));
        trials_.push_back(std::move(trial));
    }

    const TlsPolicy& policy_;
    std::int64_t now_;
    std::string curve_;
    std::vector<TlsTrial> trials_;
};

}  // namespace

std::vector<TlsTrial> plan_trials(const TlsPolicy& policy, std::int64_t now, const std::string& curve) {
    return Plan(policy, now, curve).make();
}

std::string_view to_string(TlsTrialVerdict verdict) {
    switch (verdict) {
        case TlsTrialVerdict::accepted:
            return "accepted";
        case TlsTrialVerdict::refused:
            return "refused";
        case TlsTrialVerdict::inconclusive:
            return "inconclusive";
    }
    return "";
}

TlsTrialResult judge_trial(const TlsTrial& trial, const TlsSeen& seen) {
    TlsTrialResult result{trial.name,  trial.about,  TlsTrialVerdict::inconclusive,
                          seen.reason, seen.version, seen.cipher,
                          seen.group,  seen.dh_bits};
    const bool within = seen.version >= trial.offer.lowest && seen.version <= trial.offer.highest;
    const bool declined = seen.outcome == TlsOutcome::alert || seen.outcome == TlsOutcome::closed;
    if (seen.hello && within && trial.about == TlsTrialAbout::group) {
        const bool asked = std::ranges::find(trial.groups, seen.group) != trial.groups.end();
        result.verdict = asked ? TlsTrialVerdict::accepted : TlsTrialVerdict::inconclusive;
        if (!asked) result.reason = seen.group == 0 ? seen.reason : "the server chose " + group_name(seen.group);
    } else if (seen.hello && within) {
        result.verdict = TlsTrialVerdict::accepted;
    } else if (seen.hello || declined) {
        result.verdict = TlsTrialVerdict::refused;
    }
    if (result.verdict != TlsTrialVerdict::inconclusive) result.reason.clear();
    return result;
}

}  // namespace integrityd
