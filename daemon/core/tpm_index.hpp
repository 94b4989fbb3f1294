// The two places in the TPM's own memory (NV indexes) that `integrityctl tpm provision` makes.
//
// Of the owner's range (0x01800000 to 0x01bfffff, TCG Registry of reserved TPM 2.0 handles); constants, so that the
// broker lets the daemon read these two and no other.
#pragma once

#include <cstdint>

namespace integrityd {

// 32 bytes: SHA-256 of the accepted baseline of the watcher `luks`.
inline constexpr std::uint32_t tpm_digest_index = 0x01819401;
// A counter, one more with each digest written: the TPM lets nobody set it back, not even by making it anew.
inline constexpr std::uint32_t tpm_counter_index = 0x01819402;

}  // namespace integrityd
