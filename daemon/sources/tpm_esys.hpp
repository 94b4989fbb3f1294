// EsysTpm: the TPM by tpm2-tss's ESYS (sources/tpm.hpp).
#pragma once

#include <chrono>
#include <functional>

#include "core/unique_fd.hpp"
#include "sources/tpm.hpp"
#include "sources/tpm_session.hpp"

namespace integrityd {

class EsysTpm final : public Tpm {
public:
    // `open` gives a new way to the TPM for each call (Opener::tpm_commands()).
    explicit EsysTpm(std::function<Result<UniqueFd>()> open, std::chrono::milliseconds deadline = tpm_deadline)
        : open_(std::move(open)), deadline_(deadline) {}

    [[nodiscard]] Result<std::vector<PcrBank>> read_pcrs() override;
    [[nodiscard]] Result<TpmFacts> read_facts() override;
    [[nodiscard]] Result<TpmNvIndex> read_nv(std::uint32_t index) override;

private:
    const std::function<Result<UniqueFd>()> open_;
    const std::chrono::milliseconds deadline_;
};

}  // namespace integrityd
