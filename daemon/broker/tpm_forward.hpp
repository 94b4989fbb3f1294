// Forwards a client's TPM commands, those that only read, and the TPM's answers.
#pragma once

#include <chrono>
#include <string>

#include "core/result.hpp"
#include "core/tpm_link.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

struct TpmForwardSettings {
    // For the next command to come.
    std::chrono::milliseconds patience{2000};
    // For the whole conversation: more than the daemon waits (5 s), so that it is the one to say what went wrong.
    std::chrono::milliseconds deadline{10000};
};

// Until the client closes, is silent, sends what is refused, or has sent 512 commands; one command at a time. Each
// answer is one message: AnswerHead, then the TPM's answer or the reason. After a reason the conversation is over.
// Returns what was refused; none of it are words of the client.
[[nodiscard]] Result<void> forward_tpm_commands(const UniqueFd& client, UniqueFd tpm,
                                                const TpmForwardSettings& settings);

}  // namespace integrityd
