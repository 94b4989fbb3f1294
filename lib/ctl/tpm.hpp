// What `tpm` and `baseline accept` share.
#pragma once

#include <string>

#include "context.hpp"

namespace integrityctl {

// Where the TPM holds the digest of the baseline of `luks`: writes that of the document just accepted, or says to whom
// is not root how that is done. No failure of an acceptance: what went wrong is said.
void seal_after_acceptance(Context& context);

}  // namespace integrityctl
