// Tokens of a LUKS2 header: which means opens a keyslot, and to what a TPM sealed its key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sources/luks_metadata.hpp"
#include "sources/sealed_object.hpp"

namespace integrityd {

// What opens a keyslot. `nothing` is systemd-empty: the empty password; `keyring` a key that somebody put there.
enum class LuksMeans : std::uint8_t { password, tpm2, clevis, recovery, fido2, pkcs11, keyring, nothing, unknown };

// The words of the configuration (keyslots = ["tpm2"]), and "password", "keyring", "nothing", "unknown".
[[nodiscard]] std::string_view to_string(LuksMeans means);

// One key that a TPM sealed, and what the token says about its policy.
struct SealedKey {
    std::vector<unsigned> pcrs;         // sorted
    std::string bank;                   // sha256, …; empty: none stated
    std::optional<std::string> stated;  // the policy's digest as the token has it, raw (systemd)
    bool pin = false;                   // PolicyAuthValue follows
    std::vector<unsigned> signed_pcrs;  // PolicyAuthorize: values that the owner of `public_key` signed
    std::string public_key;             // PEM; empty: no signed policy
    bool policy_in_tpm = false;         // PolicyAuthorizeNV: systemd-pcrlock writes what is demanded into the TPM
    SealedObject object;
};

struct LuksTokenFacts {
    LuksMeans means = LuksMeans::unknown;
    std::vector<SealedKey> sealed;
    // How many of the `sealed` and `others` are needed; clevis's sss may need fewer than all.
    std::size_t needed = 0;
    std::size_t others = 0;    // further pins of clevis: tang, pkcs11, …
    bool open_to_all = false;  // a pin that keeps no secret (clevis's null)
    // Parts that this version does not know (escaped): they may change what opens the slot.
    std::vector<std::string> unknown;
    // Why it cannot be understood (escaped); empty: it can.
    std::string problem;

    [[nodiscard]] bool by_tpm() const { return means == LuksMeans::tpm2 || !sealed.empty(); }
};

// Total.
[[nodiscard]] LuksTokenFacts parse_luks_token(const LuksToken& token);

// The two of a grammar of their own.
[[nodiscard]] LuksTokenFacts parse_systemd_tpm2_token(const ValueMap& token);
[[nodiscard]] LuksTokenFacts parse_clevis_token(const ValueMap& token);

}  // namespace integrityd
