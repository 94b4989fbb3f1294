// Any bytes as the answer of AIDE's unit: bounded pieces, and at most one ending.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "aide_run/protocol.hpp"

using namespace integrityd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    // Whole, and in two pieces: the same must come of it.
    std::size_t passed = 0;
    AideFrameReader whole;
    const bool good = whole.take(bytes, [&](AideFrame, std::string_view piece) { passed += piece.size(); }).ok();
    if (passed > size) std::abort();
    std::size_t again = 0;
    const auto count = [&](AideFrame, std::string_view piece) { again += piece.size(); };
    AideFrameReader parted;
    const std::size_t middle = size == 0 ? 0 : data[0] % (size + 1);
    const bool first = parted.take(bytes.substr(0, middle), count).ok();
    const bool same = first && parted.take(bytes.substr(middle), count).ok();
    if (same != good || again != passed || whole.ending().has_value() != parted.ending().has_value()) std::abort();
    return 0;
}
