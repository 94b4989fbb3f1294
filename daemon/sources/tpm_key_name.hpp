// The Name that a TPM gives to a public key which somebody loads into it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace integrityd {

// Names (nameAlg SHA-256, raw) of an RSA key as the versions of systemd load it for PolicyAuthorize: with its exponent
// written out (252 to 254), or 0 for the usual one. Empty: no RSA key in PEM.
[[nodiscard]] std::vector<std::string> systemd_key_names(std::string_view pem);

}  // namespace integrityd
