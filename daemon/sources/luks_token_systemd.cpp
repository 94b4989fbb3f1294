// The token of systemd-cryptenroll (systemd 248 to 257): members were added with nearly every version, in two
// spellings.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/digest.hpp"
#include "core/escape.hpp"
#include "sources/luks_json.hpp"
#include "sources/luks_token.hpp"

namespace integrityd {

namespace {

// PCRs of the PC Client profile; systemd itself takes 24.
constexpr std::uint64_t pcr_count = 24;
// Shards of one key: systemd 257 makes two at most.
constexpr std::size_t most_shards = 4;
constexpr std::size_t longest_blob = 16U << 10;
constexpr std::size_t longest_key = 16U << 10;

// In the spelling with dashes. What a policy made of pcrlock demands stands in the TPM, not here, so it is among what
// is not understood; so is a key other than the storage root.
constexpr std::array<std::string_view, 12> understood = {
    "type",     "keyslots",         "tpm2-blob",   "tpm2-pcrs", "tpm2-pcr-bank",    "tpm2-primary-alg",
    "tpm2-pin", "tpm2-policy-hash", "tpm2-pubkey", "tpm2-salt", "tpm2-pubkey-pcrs", "tpm2-srk"};

// The members by the spelling with dashes.
class Members {
public:
    Members(const ValueMap& token, LuksTokenFacts& facts) {
        for (const auto& [name, value] : token) {
            std::string dashed = name;
            std::ranges::replace(dashed, '_', '-');
            if (!members_.emplace(dashed, &value).second) facts.problem = "a member in two spellings";
            const bool is_known = std::ranges::find(understood, dashed) != understood.end();
            if (!is_known && !is_off(dashed, value)) facts.unknown.push_back(escape_cut(name, 64));
        }
    }

    [[nodiscard]] const Value* find(std::string_view name) const {
        const auto found = members_.find(name);
        return found == members_.end() ? nullptr : found->second;
    }

private:
    // Written by 255 and later where it is not used.
    static bool is_off(std::string_view name, const Value& value) {
        const auto* const flag = value.get<bool>();
        return name == "tpm2-pcrlock" && flag != nullptr && !*flag;
    }

    std::map<std::string, const Value*, std::less<>> members_;
};

std::optional<std::vector<unsigned>> read_pcrs(const Value* value) {
    std::vector<unsigned> pcrs;
    if (value == nullptr || value->get<std::nullptr_t>() != nullptr) return pcrs;
    const auto* const list = value->get<ValueList>();
    if (list == nullptr) return std::nullopt;
    for (const Value& each : *list) {
        const auto* const number = each.get<std::uint64_t>();
        if (number == nullptr || *number >= pcr_count) return std::nullopt;
        pcrs.push_back(static_cast<unsigned>(*number));
    }
    std::ranges::sort(pcrs);
    if (std::ranges::adjacent_find(pcrs) != pcrs.end()) return std::nullopt;
    return pcrs;
}

// One text, or since 257 a list of them.
std::optional<std::vector<std::string>> read_texts(const Value* value) {
    std::vector<std::string> texts;
    if (value == nullptr) return std::nullopt;
    if (value->get<std::string>() != nullptr) texts.emplace_back(value->text());
    const auto* const list = value->get<ValueList>();
    if (list == nullptr && texts.empty()) return std::nullopt;
    for (const Value& each : list != nullptr ? *list : ValueList()) {
        if (each.get<std::string>() == nullptr || texts.size() == most_shards) return std::nullopt;
        texts.emplace_back(each.text());
    }
    return texts;
}

Result<void> read_policy(const Members& members, SealedKey& key) {
    auto pcrs = read_pcrs(members.find("tpm2-pcrs"));
    auto signed_pcrs = read_pcrs(members.find("tpm2-pubkey-pcrs"));
    if (!pcrs || !signed_pcrs) return Error{"its PCRs are none"};
    key.pcrs = std::move(*pcrs);
    key.signed_pcrs = std::move(*signed_pcrs);
    if (const Value* const bank = members.find("tpm2-pcr-bank")) key.bank = escape_cut(bank->text(), 40);
    // Before 250 there was no choice.
    if (key.bank.empty() && !key.pcrs.empty()) key.bank = "sha256";
    const Value* const in_tpm = members.find("tpm2-pcrlock");
    key.policy_in_tpm = in_tpm != nullptr && in_tpm->get<bool>() != nullptr && *in_tpm->get<bool>();
    const Value* const pin = members.find("tpm2-pin");
    if (pin != nullptr && pin->get<bool>() == nullptr) return Error{"tpm2-pin is neither true nor false"};
    key.pin = pin != nullptr && *pin->get<bool>();
    const Value* const pem = members.find("tpm2-pubkey");
    if (pem == nullptr || pem->get<std::nullptr_t>() != nullptr) return {};
    const auto decoded = pem->text().size() <= longest_key ? from_base64(pem->text()) : std::nullopt;
    if (!decoded || decoded->empty()) return Error{"tpm2_pubkey is no key"};
    key.public_key = *decoded;
    return {};
}

Result<void> read_shards(const Members& members, const SealedKey& common, LuksTokenFacts& facts) {
    const auto blobs = read_texts(members.find("tpm2-blob"));
    const auto hashes = read_texts(members.find("tpm2-policy-hash"));
    if (!blobs || blobs->empty()) return Error{"there is no tpm2-blob"};
    if (!hashes || hashes->size() != blobs->size()) return Error{"not a policy hash for each blob"};
    for (std::size_t i = 0; i < blobs->size(); ++i) {
        SealedKey key = common;
        const auto blob = (*blobs)[i].size() <= longest_blob ? from_base64((*blobs)[i]) : std::nullopt;
        if (!blob) return Error{"tpm2-blob is no base64"};
        const auto object = parse_sealed_blob(*blob);
        if (!object) return object.error();
        key.object = *object;
        key.stated = from_hex((*hashes)[i]);
        if (!key.stated) return Error{"tpm2-policy-hash is no digest"};
        facts.sealed.push_back(std::move(key));
    }
    if (facts.sealed.size() > 1) facts.unknown.emplace_back("a key in several parts");
    return {};
}

}  // namespace

LuksTokenFacts parse_systemd_tpm2_token(const ValueMap& token) {
    LuksTokenFacts facts;
    facts.means = LuksMeans::tpm2;
    const Members members(token, facts);
    SealedKey common;
    auto read = read_policy(members, common);
    if (read) read = read_shards(members, common, facts);
    if (!read && facts.problem.empty()) facts.problem = read.error().message;
    if (!facts.problem.empty()) facts.sealed.clear();
    facts.needed = facts.sealed.size();
    return facts;
}

}  // namespace integrityd
