// AIDE's configuration: what it includes are absolute paths, not too many and not too long.
#include <cstdint>
#include <cstdlib>

#include "sources/aide_includes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto includes = integrityd::aide_config_includes({reinterpret_cast<const char*>(data), size});
    if (includes.size() > 512) std::abort();
    for (const auto& path : includes) {
        if (path.empty() || path.front() != '/') std::abort();
    }
    return 0;
}
