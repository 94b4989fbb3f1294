// The text of a file that may be compressed (gzip), in pieces.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "core/result.hpp"

namespace integrityd {

// Reads from the descriptor's current position to the end and calls `take` with each piece. Blocks: for a worker. EFBIG
// beyond `limit` bytes of text, EBADMSG for a stream that is damaged or cut off. Returns how many bytes there were.
[[nodiscard]] Result<std::uint64_t> read_gzip_text(int fd, std::uint64_t limit,
                                                   const std::function<void(std::string_view)>& take);

}  // namespace integrityd
