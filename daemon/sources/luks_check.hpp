// What the parts of a LUKS2 header have to say about each other.
#pragma once

#include <cstdint>

#include "sources/luks_json.hpp"
#include "sources/luks_metadata.hpp"

namespace integrityd {

// Fails `json` where a part refers to one that is not there, where areas overlap, are outside of their region or do not
// fit the binary header, or where encrypted data has no key: what libcryptsetup 2.6 refuses to load.
void check_luks_metadata(LuksJson& json, const ValueMap& root, const LuksMetadata& metadata, std::uint64_t header_size);

}  // namespace integrityd
