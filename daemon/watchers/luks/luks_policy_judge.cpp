// To what the TPM sealed the keys: nothing, something else than configured, or what this version does not know.
#include <algorithm>

#include "catalogue_kinds.hpp"
#include "sources/tpm_policy.hpp"
#include "watchers/luks/luks_judge.hpp"

namespace integrityd {

namespace {

std::string list_of(const std::vector<unsigned>& pcrs) {
    std::string text;
    for (const unsigned pcr : pcrs)
        text += (text.empty() ? "" : ",") + std::to_string(pcr);
    return text.empty() ? "none" : text;
}

std::string name_of(const LuksToken& token) {
    return "token " + std::to_string(token.number);
}

// Empty: it demands something of what was booted.
std::string emptiness_of(const SealedKey& key) {
    if (is_policy_empty(key)) return "sealed without PCRs";
    if (is_sealed_to_start_values(key)) return "sealed to PCRs that nobody had extended";
    return "";
}

void judge_empty(const LuksFacts& facts, LuksFindings& findings) {
    ValueList empty;
    std::string first;
    const auto tell = [&](const LuksToken& token, const std::string& why) {
        if (first.empty()) first = name_of(token) + " is " + why;
        empty.emplace_back(ValueMap{{"token", token.number}, {"why", why}});
    };
    for (const LuksToken& token : facts.metadata()->tokens) {
        const LuksTokenFacts& known = facts.tokens.at(token.number);
        if (known.open_to_all) tell(token, "a pin that keeps no secret");
        for (const SealedKey& key : known.sealed)
            if (const std::string why = emptiness_of(key); !why.empty()) tell(token, why);
    }
    if (empty.empty()) return;
    findings.add(kinds::luks_policy_empty, facts.volume.name, "the key is open to whatever is booted: " + first,
                 {{"tokens", std::move(empty)}});
}

// The token as it is, or another one with the same sealed keys, was accepted: so was its policy.
bool is_accepted(const LuksRecord* accepted, const LuksTokenRecord& token) {
    if (accepted == nullptr) return false;
    return std::ranges::any_of(accepted->tokens, [&](const LuksTokenRecord& each) {
        return each.sha256 == token.sha256 || (!token.policy.empty() && each.policy == token.policy);
    });
}

struct PolicyDifference {
    std::string summary;
    ValueMap evidence;
};

std::optional<PolicyDifference> difference_of(const LuksFacts& facts, const LuksToken& token) {
    const LuksTokenFacts& known = facts.tokens.at(token.number);
    std::vector<unsigned> wanted(facts.volume.pcrs.begin(), facts.volume.pcrs.end());
    std::ranges::sort(wanted);
    for (const SealedKey& key : known.sealed) {
        if (!emptiness_of(key).empty()) continue;
        if (key.pcrs == wanted && (key.bank == facts.volume.pcr_bank || key.pcrs.empty())) continue;
        return PolicyDifference{name_of(token) + " is sealed to PCRs " + list_of(key.pcrs) + " (" + key.bank +
                                    "), configured are " + list_of(wanted) + " (" + facts.volume.pcr_bank + ")",
                                {{"token", token.number}, {"pcrs", list_of(key.pcrs)}, {"bank", key.bank}}};
    }
    if (known.unknown.empty()) return std::nullopt;
    return PolicyDifference{name_of(token) + " has a part that is not known here: " + known.unknown.front(),
                            {{"token", token.number}, {"unknown", text_list(known.unknown)}}};
}

}  // namespace

void judge_policies(const LuksFacts& facts, const LuksAround& around, LuksFindings& findings) {
    judge_empty(facts, findings);
    const auto record = record_of(facts);
    ValueList changed;
    std::string first;
    for (const LuksToken& token : facts.metadata()->tokens) {
        const auto same = std::ranges::find(record->tokens, token.number, &LuksTokenRecord::number);
        if (same != record->tokens.end() && is_accepted(around.accepted, *same)) continue;
        auto difference = difference_of(facts, token);
        if (!difference) continue;
        if (first.empty()) first = difference->summary;
        changed.emplace_back(std::move(difference->evidence));
    }
    if (changed.empty()) return;
    findings.add(kinds::luks_policy_changed, facts.volume.name, first, {{"tokens", std::move(changed)}});
}

}  // namespace integrityd
