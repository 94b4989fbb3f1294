// The TPM's part of the accepted baseline of the watcher `luks` (tpm_content() of sources/tpm_report.hpp), compared.
#pragma once

#include "core/value.hpp"
#include "watchers/wanted.hpp"

namespace integrityd {

// The subject of what is told of the TPM as a whole; a persistent object is told by its handle.
inline constexpr const char* tpm_subject = "tpm";

// Member → {"accepted", "present"} of what differs; a value that one side lacks is null.
[[nodiscard]] ValueMap tpm_flag_differences(const ValueMap& accepted, const ValueMap& present);
[[nodiscard]] ValueMap tpm_handle_differences(const ValueMap& accepted, const ValueMap& present);

// What is accepted after an acceptance of a part: what else differs goes on being told.
[[nodiscard]] ValueMap merged_tpm(ValueMap accepted, const ValueMap& present, const Wanted& wanted);

// Whether it was accepted that the TPM holds the baseline's digest.
[[nodiscard]] bool was_provisioned(const ValueMap& accepted);

}  // namespace integrityd
