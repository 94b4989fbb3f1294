// The Name that a TPM gives to a public key which somebody loads into it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace integrityd {

// Names (nameAlg SHA-256, raw) of a key as the versions of systemd load it for PolicyAuthorize. RSA: with its exponent
// written out (252 to 254), or 0 for the usual one. ECC (since 255; 252 refuses such keys) on NIST's P-256, P-384 and
// P-521: with coordinates of the curve's size, as the TPM wants them, or as short as the numbers are. Empty: no such
// key in PEM.
[[nodiscard]] std::vector<std::string> systemd_key_names(std::string_view pem);

}  // namespace integrityd
