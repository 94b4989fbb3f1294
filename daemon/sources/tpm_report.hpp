// The TPM as an operator is shown it: by `integrityctl tpm`, through the daemon or without it.
#pragma once

#include <cstdint>

#include "core/value.hpp"
#include "sources/tpm_reading.hpp"

namespace integrityd {

// What of a TPM does not move by nature; only of a reading without failure.
//
// {"manufacturer": "IBM", "owner_auth_set": false, "endorsement_auth_set": false, "lockout_auth_set": false,
//  "disable_clear": false, "handles": {"0x81000001": NAME in hex …}, "provisioned": true}
[[nodiscard]] ValueMap tpm_content(const TpmReading& reading);

// tpm_content(), and
// {"state": "there" | "missing" | "failed" | "unavailable", "reason", "in_lockout", "lockout_counter", "lockout_limit",
// …, "reset_count", "restart_count", "clock_ms", "safe",
//  "banks": [{"bank", "uninitialised": bool}], "digest", "seals", "weaker": [sentences]}; without the TPM its state and
// the reason alone.
[[nodiscard]] ValueMap tpm_report(const TpmReading& reading, std::uint32_t lockout_threshold);
// As JSON on one line; of a program that knows no configuration.
[[nodiscard]] std::string tpm_report_json(const TpmReading& reading);

}  // namespace integrityd
