// TpmReading: what one look read of the TPM. A value, made in Lane::tpm.
#pragma once

#include <optional>
#include <vector>

#include "sources/tpm.hpp"

namespace integrityd {

struct TpmReading {
    std::optional<Error> failure;  // then nothing else means anything
    TpmFacts facts;
    std::vector<PcrBank> banks;
    // The index of the baseline's digest and its counter (core/tpm_index.hpp); none: not provisioned.
    std::optional<TpmNvIndex> digest;
    std::optional<TpmNvIndex> counter;
};

// The TPM was asked in vain for now: it may be at work for somebody else. A discrete TPM makes an RSA key in 5 to 60 s,
// and answers nobody meanwhile. A single such answer says nothing.
[[nodiscard]] bool is_busy(const std::optional<Error>& failure);

// Blocks for as long as the TPM does, at most for four deadlines.
[[nodiscard]] TpmReading read_tpm(Tpm& tpm);

// From how many failures on somebody may be guessing: the configured number, but less than the TPM's limit, because at
// the limit it is in lockout.
[[nodiscard]] std::uint32_t effective_threshold(const TpmFacts& facts, std::uint32_t configured);

// The counter's number; none: there is none, or it was never raised.
[[nodiscard]] std::optional<std::uint64_t> seal_count(const TpmReading& reading);

}  // namespace integrityd
