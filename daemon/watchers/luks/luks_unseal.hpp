// Whether the TPM will open the volumes at the next boot, as the PCRs and the Secure Boot variables are now.
#pragma once

#include <optional>

#include "sources/pcr_forecast.hpp"
#include "sources/tpm_policy.hpp"
#include "watchers/luks/luks_facts.hpp"
#include "watchers/luks/luks_findings.hpp"

namespace integrityd {

// None of the TPM: the PCRs are not known.
using LuksPcrs = std::optional<PcrForecast>;

[[nodiscard]] bool is_sealed(const LuksFacts& facts);  // a token of it asks a TPM

[[nodiscard]] UnsealForecast forecast_of(const LuksTokenFacts& token, const LuksPcrs& pcrs);
// Of the volume: its best token's.
[[nodiscard]] UnsealForecast forecast_of(const LuksFacts& facts, const LuksPcrs& pcrs);

void judge_unsealing(const LuksFacts& facts, const LuksPcrs& pcrs, LuksFindings& findings);

}  // namespace integrityd
