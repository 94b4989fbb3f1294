// The TPM's part of the accepted baseline of the watcher `luks` (tpm_content() of sources/tpm_report.hpp), compared.
#pragma once

#include "core/value.hpp"

namespace integrityd {

// Member → {"accepted", "present"} of what differs; a value that one side lacks is null.
[[nodiscard]] ValueMap tpm_flag_differences(const ValueMap& accepted, const ValueMap& present);
[[nodiscard]] ValueMap tpm_handle_differences(const ValueMap& accepted, const ValueMap& present);

// Whether it was accepted that the TPM holds the baseline's digest.
[[nodiscard]] bool was_provisioned(const ValueMap& accepted);

}  // namespace integrityd
