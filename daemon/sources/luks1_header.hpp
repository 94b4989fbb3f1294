// The header of LUKS1 in the form of LUKS2's.
#pragma once

#include <string_view>

#include "sources/luks_header.hpp"

namespace integrityd {

// Its one copy: a segment with the cipher, a digest of the volume key, a keyslot for each that is active; no token. The
// sequence is 0: LUKS1 has none, nor a checksum. Total.
[[nodiscard]] LuksCopy parse_luks1_header(std::string_view bytes);

}  // namespace integrityd
