// TpmTcti: tpm2-tss's way to the TPM over a TpmLink, with one deadline for all that is asked over it.
#pragma once

#include <memory>
#include <optional>

#include "core/tpm_link.hpp"

struct TSS2_TCTI_OPAQUE_CONTEXT_BLOB;

namespace integrityd {

class TpmTcti {
public:
    TpmTcti(UniqueFd tpm, TpmLink::Time deadline);
    ~TpmTcti();
    TpmTcti(const TpmTcti&) = delete;
    TpmTcti& operator=(const TpmTcti&) = delete;

    // For Esys_Initialize(); as long as this lives.
    [[nodiscard]] TSS2_TCTI_OPAQUE_CONTEXT_BLOB* context();

    // Why the last command was not answered: more than a TSS2_RC can say. None: it was.
    [[nodiscard]] const std::optional<Error>& failure() const;

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

}  // namespace integrityd
