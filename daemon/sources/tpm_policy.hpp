// Policies of TPM 2.0 without a TPM: their digests are plain hashes (TPM 2.0 Library part 3, 23), so what a sealed key
// demands can be compared with what the PCRs are now, without a session and without the secret.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sources/luks_token.hpp"
#include "sources/tpm.hpp"

namespace integrityd {

class PolicyDigest {
public:
    // `algorithm`: of the policy session, which is the sealed object's nameAlg.
    explicit PolicyDigest(std::string_view algorithm);

    // PolicyPCR with these PCRs of `bank`; false where the bank lacks one of them.
    [[nodiscard]] bool pcr(const PcrBank& bank, const std::vector<unsigned>& pcrs);
    // PolicyAuthValue, which PolicyPassword equals.
    void auth_value();
    // PolicyAuthorize by the key of this Name, without a reference: what was before counts no longer.
    void authorize(std::string_view key_name);

    [[nodiscard]] const std::string& value() const { return value_; }

private:
    void extend(std::string_view bytes);

    std::string algorithm_;
    std::string value_;
};

// Whether nothing about the device's state is demanded of who unseals: no policy, one of zeros, or the authorisation
// value alone.
[[nodiscard]] bool is_policy_empty(const SealedKey& key);
// Whether it was sealed to PCRs that nobody had extended: any device that just started has them so.
[[nodiscard]] bool is_sealed_to_start_values(const SealedKey& key);

enum class Unsealing : std::uint8_t { yes, no, unknown };
[[nodiscard]] std::string_view to_string(Unsealing unsealing);

struct UnsealForecast {
    Unsealing answer = Unsealing::unknown;
    std::string because;  // one line
};

// With the PCRs as they are; `banks`: all of the TPM.
[[nodiscard]] UnsealForecast will_unseal(const SealedKey& key, const std::vector<PcrBank>& banks);
[[nodiscard]] UnsealForecast will_unseal(const LuksTokenFacts& token, const std::vector<PcrBank>& banks);

}  // namespace integrityd
