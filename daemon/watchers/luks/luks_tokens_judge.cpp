// Tokens against what was accepted; without a baseline those that contradict themselves.
#include "catalogue_kinds.hpp"
#include "watchers/luks/luks_comparison.hpp"

namespace integrityd {

namespace {

// Empty: nothing.
std::string contradiction_of(const LuksTokenFacts& token) {
    if (!token.problem.empty()) return token.problem;
    for (const SealedKey& key : token.sealed)
        if (key.stated && !key.object.auth_policy.empty() && *key.stated != key.object.auth_policy)
            return "its policy is not that of the sealed key";
    return "";
}

ValueMap told(const LuksTokenRecord& token, const std::string& contradiction) {
    ValueMap told{{"number", token.number}, {"type", token.type}};
    if (!contradiction.empty()) told["contradiction"] = contradiction;
    return told;
}

struct TokenList {
    ValueList list;
    std::string names;

    void add(const LuksTokenRecord& token, const std::string& contradiction) {
        names += (names.empty() ? "token " : ", ") + std::to_string(token.number) + " (" + token.type + ")";
        if (!contradiction.empty()) names += ": " + contradiction;
        list.emplace_back(told(token, contradiction));
    }
};

bool has_token(const std::vector<LuksTokenRecord>& tokens, const LuksTokenRecord& token) {
    return std::ranges::any_of(tokens, [&](const LuksTokenRecord& each) { return each.sha256 == token.sha256; });
}
bool has_number(const std::vector<LuksTokenRecord>& tokens, unsigned number) {
    return std::ranges::find(tokens, number, &LuksTokenRecord::number) != tokens.end();
}

}  // namespace

void judge_tokens(LuksComparison& all, LuksFindings& findings) {
    TokenList added, removed, changed;
    for (const LuksTokenRecord& token : all.present.tokens) {
        const std::string contradiction = contradiction_of(all.facts.tokens.at(token.number));
        if (all.accepted != nullptr && has_token(all.accepted->tokens, token)) continue;
        if (all.accepted == nullptr && contradiction.empty()) continue;
        const bool other = all.accepted == nullptr || has_number(all.accepted->tokens, token.number);
        (other ? changed : added).add(token, contradiction);
    }
    for (const LuksTokenRecord& token : all.accepted != nullptr ? all.accepted->tokens : std::vector<LuksTokenRecord>())
        if (!has_token(all.present.tokens, token) && !has_number(all.present.tokens, token.number))
            removed.add(token, "");
    const auto tell = [&](const Kind& kind, TokenList& tokens, const char* what) {
        if (tokens.list.empty()) return;
        all.tokens_differ = true;
        findings.add(kind, all.facts.volume.name, tokens.names + what, {{"tokens", std::move(tokens.list)}});
    };
    tell(kinds::luks_token_added, added, " more than accepted");
    tell(kinds::luks_token_removed, removed, " is gone");
    tell(kinds::luks_token_changed, changed, all.accepted != nullptr ? " is not as accepted" : " contradicts itself");
}

}  // namespace integrityd
