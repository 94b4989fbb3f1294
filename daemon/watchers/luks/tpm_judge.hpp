// What is wrong with the TPM as one look read it. Pure functions; tpm_memory.hpp judges what happened since the last
// look.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/values.hpp"
#include "sources/tpm_reading.hpp"

namespace integrityd {

// Looks of the source `luks`: whether the TPM can be read, and, where it was, its state. `accepted` is the TPM's part
// of the baseline (tpm_baseline.hpp); without it nothing is missing or changed.
[[nodiscard]] std::vector<Look> judge_tpm(const TpmReading& reading, const std::optional<ValueMap>& accepted,
                                          std::uint32_t lockout_threshold);

// The subject under which the watcher `self` is told that baseline and TPM do not fit together.
inline constexpr const char* seal_subject = "luks in the TPM";

// Look of the source `self`: whether the TPM holds the digest of the accepted document, where that was accepted so or
// the TPM holds one at all. `digest`: of that document, in hex; empty: none is here. `seals_before`: the highest number
// that the counter beside it was seen at. Only of a reading without failure.
[[nodiscard]] Look judge_seal(const TpmReading& reading, const std::optional<ValueMap>& accepted,
                              const std::string& digest, std::uint64_t seals_before);

// One word: "none" (not provisioned), "unsealed" (no digest yet), "held" (the TPM holds the digest of the accepted
// baseline), "differs", "unknown".
[[nodiscard]] std::string seal_state(const TpmReading* reading, const std::optional<ValueMap>& accepted,
                                     const std::string& digest);

}  // namespace integrityd
