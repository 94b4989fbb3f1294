// Which commands the daemon may send to the TPM: those that read, each in the one form that reading needs.
//
// CIP leaves the TPM's owner and lockout authorisation empty, so that whoever may send any command may clear it. A
// daemon that was taken over can therefore neither change the TPM through the broker nor guess a secret (which would
// lock the TPM): the only authorisation that passes is the empty one of our own two indexes.
#pragma once

#include <cstdint>
#include <span>

#include "core/result.hpp"

namespace integrityd {

// An error (EMSGSIZE, EINVAL, EPERM) for everything else. Total: any bytes.
[[nodiscard]] Result<void> check_tpm_command(std::span<const std::uint8_t> command);

}  // namespace integrityd
