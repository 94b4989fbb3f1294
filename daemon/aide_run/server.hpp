// serve_aide(): AIDE's side of one connection (aide_run/protocol.hpp).
#pragma once

#include <string>
#include <vector>

#include "core/event_loop.hpp"
#include "core/result.hpp"

namespace integrityd {

struct AideService {
    std::vector<std::string> check;  // the command; [0] is an absolute path
    Duration patience{0};            // with a client that neither asks nor reads
    Duration deadline{0};            // for a run
};

// `aide --check` with its report as JSON on standard output. What the configuration reports besides stays as it is.
[[nodiscard]] std::vector<std::string> aide_check_command(const std::string& config);

// Answers one request on `socket`, a connected and blocking stream socket of the caller's; returns when the answer is
// sent, with an error when the client is gone or asks for something else. Blocks: this is all that its process does.
// SIGCHLD must be blocked.
[[nodiscard]] Result<void> serve_aide(EventLoop& loop, int socket, const AideService& service);

}  // namespace integrityd
