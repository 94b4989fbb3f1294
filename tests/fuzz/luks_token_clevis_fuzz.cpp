#include "fuzz/luks_token_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return integrityd::fuzz::read_token(data, size, integrityd::parse_clevis_token);
}
