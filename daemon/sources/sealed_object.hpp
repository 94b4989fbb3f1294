// SealedObject: the public part of an object that a TPM sealed (TPM2B_PUBLIC, TPM 2.0 Library part 2, 12.2.5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace integrityd {

struct SealedObject {
    std::string name_algorithm;  // sha1, sha256, sha384, sha512, sm3_256
    std::uint32_t attributes = 0;
    std::string auth_policy;  // raw; empty: whoever has the authorisation value may unseal

    // Whether the authorisation value alone unseals (userWithAuth), whatever the policy says.
    [[nodiscard]] bool opens_with_auth() const { return (attributes & 0x40U) != 0; }
};

// TPM2B_PUBLIC of a sealed object (TPM_ALG_KEYEDHASH), and nothing behind it. Total.
[[nodiscard]] Result<SealedObject> parse_sealed_public(std::string_view bytes);

// TPM2B_PRIVATE and then TPM2B_PUBLIC, as systemd puts them together, and since 255 perhaps a seed (TPM2B too). Of what
// is private only the length is read.
[[nodiscard]] Result<SealedObject> parse_sealed_blob(std::string_view bytes);

}  // namespace integrityd
