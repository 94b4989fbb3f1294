// The JSON of a LUKS2 header, and every token in it.
#include <cstdint>
#include <cstdlib>

#include "sources/luks_metadata.hpp"
#include "sources/luks_token.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto metadata = integrityd::parse_luks_json({reinterpret_cast<const char*>(data), size}, 16384);
    if (!metadata) return metadata.error().message.empty() ? (std::abort(), 0) : 0;
    if (metadata->segments.empty() || metadata->keyslots.size() > integrityd::most_luks_keyslots) std::abort();
    for (const auto& token : metadata->tokens)
        (void)integrityd::parse_luks_token(token);
    return 0;
}
