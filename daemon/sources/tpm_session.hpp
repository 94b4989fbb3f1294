// TpmSession: one connection to the TPM with tpm2-tss's ESYS on it, from its opening to its end. Not thread-safe.
#pragma once

#include <memory>
#include <string_view>

#include "sources/tpm_tcti.hpp"

struct ESYS_CONTEXT;

namespace integrityd {

// For all that is asked in one session. A look takes some 20 commands of 1 to 40 ms on hardware; 5 s leave room for
// another program that makes a key meanwhile.
inline constexpr std::chrono::milliseconds tpm_deadline{5000};

class TpmSession {
public:
    TpmSession(UniqueFd tpm, TpmLink::Time deadline);
    ~TpmSession();
    TpmSession(const TpmSession&) = delete;
    TpmSession& operator=(const TpmSession&) = delete;

    // Why the session could not be begun; none: it was.
    [[nodiscard]] const std::optional<Error>& unusable() const { return unusable_; }
    [[nodiscard]] ESYS_CONTEXT* context() { return context_; }

    // What this response code of the named command means (sources/tpm.hpp says which errno).
    [[nodiscard]] Error error(std::string_view command, std::uint32_t code) const;

private:
    TpmTcti tcti_;
    ESYS_CONTEXT* context_ = nullptr;
    std::optional<Error> unusable_;
};

// A response code in words, and its errno; without the command.
[[nodiscard]] Error explain_tpm_code(std::uint32_t code);

}  // namespace integrityd
