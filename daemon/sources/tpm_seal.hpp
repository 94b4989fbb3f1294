// TpmSeal: the only thing that writes to the TPM, and only for root who orders it (`integrityctl tpm`): two NV indexes
// (core/tpm_index.hpp) with the digest of the accepted baseline and a counter beside it. The daemon never has one.
//
// Both may be read without an authorisation and written with the owner's; wrong tries do not count towards a lockout.
// Error.code as in sources/tpm.hpp, and EACCES: the owner authorisation is wrong; EEXIST: another holds the index.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/unique_fd.hpp"
#include "sources/tpm.hpp"

namespace integrityd {

class TpmSeal {
public:
    // `owner_auth`: the TPM's owner authorisation, empty as a rule; at most 64 bytes are of use.
    TpmSeal(std::function<Result<UniqueFd>()> open, std::string owner_auth)
        : open_(std::move(open)), owner_auth_(std::move(owner_auth)) {}

    // Makes what of the two is not there yet.
    [[nodiscard]] Result<void> provision();
    // Takes both away; what is not there is no error. The counter that a later provision() makes goes on above.
    [[nodiscard]] Result<void> unprovision();
    // Raises the counter and writes the digest (32 bytes). The counter's number.
    [[nodiscard]] Result<std::uint64_t> seal(std::string_view digest);

private:
    const std::function<Result<UniqueFd>()> open_;
    const std::string owner_auth_;
};

// The TPM that `tcti` names (core/tpm_address.hpp), without the broker: for a program that root runs.
[[nodiscard]] std::function<Result<UniqueFd>()> tpm_opener(const std::string& tcti);

}  // namespace integrityd
