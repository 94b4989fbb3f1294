#include "sources/tpm_policy.hpp"

#include <algorithm>

#include "sources/hash_of.hpp"
#include "sources/tpm_key_name.hpp"

namespace integrityd {

namespace {

// TPM_CC_ of part 2, 6.5.2, as they enter a policy.
constexpr std::uint32_t cc_policy_pcr = 0x17f;
constexpr std::uint32_t cc_policy_auth_value = 0x16b;
constexpr std::uint32_t cc_policy_authorize = 0x16a;
// What a PCR is at start: zeros, but ones for those of a dynamic launch (PC Client Platform TPM Profile 1.05, 4.6).
constexpr unsigned first_dynamic = 17;
constexpr unsigned last_dynamic = 22;

std::string number(std::uint32_t value, int bytes) {
    std::string text;
    for (int i = bytes - 1; i >= 0; --i)
        text += static_cast<char>(value >> (8 * i) & 0xffU);
    return text;
}

// TPML_PCR_SELECTION of one bank.
std::string selection(TpmHash bank, const std::vector<unsigned>& pcrs) {
    std::string bits(3, '\0');
    for (const unsigned pcr : pcrs)
        bits[pcr / 8] = static_cast<char>(static_cast<unsigned char>(bits[pcr / 8]) | 1U << pcr % 8);
    return number(1, 4) + number(static_cast<std::uint32_t>(bank), 2) + number(3, 1) + bits;
}

const PcrBank* bank_of(const std::vector<PcrBank>& banks, std::string_view name) {
    const auto found =
        std::ranges::find_if(banks, [name](const PcrBank& each) { return to_string(each.algorithm) == name; });
    return found == banks.end() ? nullptr : &*found;
}

PcrBank at_start(TpmHash algorithm) {
    PcrBank bank{algorithm, {}};
    for (unsigned pcr = 0; pcr < pcr_count; ++pcr)
        bank.values[pcr] =
            std::string(digest_size(algorithm), pcr >= first_dynamic && pcr <= last_dynamic ? '\xff' : '\0');
    return bank;
}

// Every way in which the versions of systemd and clevis make a policy of these parts. `bank`: of the key's own PCRs;
// null: it has none.
std::vector<std::string> policies(const SealedKey& key, const PcrBank* bank) {
    std::vector<std::string> names = {""};
    if (!key.public_key.empty()) names = systemd_key_names(key.public_key);
    std::vector<std::string> all;
    for (const std::string& name : names) {
        PolicyDigest policy(key.object.name_algorithm);
        if (!name.empty()) policy.authorize(name);
        if (bank != nullptr && !policy.pcr(*bank, key.pcrs)) continue;
        if (key.pin) policy.auth_value();
        all.push_back(policy.value());
    }
    return all;
}

bool contains(const std::vector<std::string>& all, const std::string& one) {
    return std::ranges::find(all, one) != all.end();
}

std::string name_of(const SealedKey& key) {
    std::string text = key.pcrs.size() == 1 ? "PCR " : "PCRs ";
    for (const unsigned pcr : key.pcrs)
        text += (pcr == key.pcrs.front() ? "" : ", ") + std::to_string(pcr);
    return text + " (" + key.bank + ")";
}

UnsealForecast forecast_matching(const SealedKey& key) {
    const std::string states =
        key.pcrs.empty() ? "no PCR has to have a certain value" : name_of(key) + " are as sealed";
    const std::string plain = key.pcrs.size() == 1 ? name_of(key) + " is as sealed" : states;
    if (!key.public_key.empty()) return {Unsealing::unknown, plain + "; it depends on a signature for the other PCRs"};
    return {Unsealing::yes, plain + (key.pin ? ", with its PIN" : "")};
}

}  // namespace

PolicyDigest::PolicyDigest(std::string_view algorithm) : algorithm_(algorithm), value_(hash_size(algorithm), '\0') {}

void PolicyDigest::extend(std::string_view bytes) {
    value_ = hash_of(algorithm_, value_ + std::string(bytes)).value_or("");
}

bool PolicyDigest::pcr(const PcrBank& bank, const std::vector<unsigned>& pcrs) {
    std::string values;
    for (const unsigned pcr : pcrs) {
        const auto found = bank.values.find(pcr);
        if (found == bank.values.end() || pcr >= pcr_count) return false;
        values += found->second;
    }
    extend(number(cc_policy_pcr, 4) + selection(bank.algorithm, pcrs) + hash_of(algorithm_, values).value_or(""));
    return true;
}

void PolicyDigest::auth_value() {
    extend(number(cc_policy_auth_value, 4));
}

void PolicyDigest::authorize(std::string_view key_name) {
    value_.assign(value_.size(), '\0');
    extend(number(cc_policy_authorize, 4) + std::string(key_name));
    extend("");
}

bool is_policy_empty(const SealedKey& key) {
    const std::string& policy = key.object.auth_policy;
    if (key.object.opens_with_auth() || policy.find_first_not_of('\0') == std::string::npos) return true;
    PolicyDigest pin_alone(key.object.name_algorithm);
    pin_alone.auth_value();
    return policy == pin_alone.value();
}

bool is_sealed_to_start_values(const SealedKey& key) {
    const auto algorithm = parse_tpm_hash(key.bank);
    if (!algorithm || key.pcrs.empty()) return false;
    const PcrBank bank = at_start(*algorithm);
    return contains(policies(key, &bank), key.object.auth_policy);
}

std::string_view to_string(Unsealing unsealing) {
    switch (unsealing) {
        case Unsealing::yes:
            return "yes";
        case Unsealing::no:
            return "no";
        case Unsealing::unknown:
            break;
    }
    return "unknown";
}

UnsealForecast will_unseal(const SealedKey& key, const std::vector<PcrBank>& banks) {
    if (key.stated && *key.stated != key.object.auth_policy && !is_policy_empty(key))
        return {Unsealing::no, "the token's policy is not that of the sealed key"};
    if (is_policy_empty(key))
        return {Unsealing::yes, key.pin ? "with its PIN, whatever was booted" : "whatever was booted"};
    if (key.policy_in_tpm)
        return {Unsealing::unknown, "what it demands stands in the TPM (systemd-pcrlock), and is not read here"};
    const PcrBank* const bank = key.pcrs.empty() ? nullptr : bank_of(banks, key.bank);
    if (bank == nullptr && !key.pcrs.empty()) return {Unsealing::no, "the TPM has no PCR bank " + key.bank};
    const auto possible = policies(key, bank);
    if (contains(possible, key.object.auth_policy)) return forecast_matching(key);
    // Without a key that we can name, or without PCRs, there is nothing that could have moved.
    if (possible.empty() && !key.public_key.empty())
        return {Unsealing::unknown, "the key that signs its policy is none that systemd is known to load into a TPM"};
    if (possible.empty() || key.pcrs.empty())
        return {Unsealing::unknown, "its policy is of a kind that is not known here"};
    return {Unsealing::no, name_of(key) + (key.pcrs.size() == 1 ? " is" : " are") + " not as sealed"};
}

UnsealForecast will_unseal(const LuksTokenFacts& token, const std::vector<PcrBank>& banks) {
    if (!token.problem.empty()) return {Unsealing::no, "the token cannot be understood: " + token.problem};
    if (token.open_to_all) return {Unsealing::yes, "a pin keeps no secret"};
    if (token.sealed.empty()) return {Unsealing::unknown, "no TPM is asked"};
    std::size_t sure = 0;
    std::size_t possible = token.others;
    UnsealForecast worst{Unsealing::yes, ""};
    for (const SealedKey& key : token.sealed) {
        const auto each = will_unseal(key, banks);
        sure += each.answer == Unsealing::yes ? 1 : 0;
        possible += each.answer == Unsealing::no ? 0 : 1;
        if (worst.because.empty() || each.answer != Unsealing::yes) worst = each;
    }
    if (possible < token.needed) return {Unsealing::no, worst.because};
    if (!token.unknown.empty() && worst.answer != Unsealing::unknown)
        return {Unsealing::unknown, "a part that is not known here: " + token.unknown.front()};
    if (!token.unknown.empty()) return {Unsealing::unknown, worst.because};
    if (sure >= token.needed) return {Unsealing::yes, worst.because};
    return {Unsealing::unknown, worst.answer == Unsealing::yes ? "it needs further pins" : worst.because};
}

}  // namespace integrityd
