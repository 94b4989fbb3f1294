// ask_aide(): the daemon's side of one connection (aide_run/protocol.hpp).
#pragma once

#include <string>
#include <string_view>

#include "aide_run/protocol.hpp"
#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

[[nodiscard]] Result<UniqueFd> connect_aide(const std::string& path);

// Asks for this and passes AIDE's output and errors on to these descriptors as they come; how the run ended. Blocks
// without a limit of its own: whoever runs this ends it by closing or killing, which ends AIDE too.
[[nodiscard]] Result<AideEnding> ask_aide(int socket, AideVerb verb, int output, int errors,
                                          std::string_view payload = {});

}  // namespace integrityd
