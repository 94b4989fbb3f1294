// The header area of a LUKS volume: any bytes give an answer, and what is called intact has all its parts.
#include <cstdint>
#include <cstdlib>

#include "core/escape.hpp"
#include "sources/luks_header.hpp"

namespace {

void check(const integrityd::LuksCopy& copy) {
    if (copy.intact() != copy.metadata.has_value()) std::abort();
    if (!integrityd::is_utf8(copy.problem) || !integrityd::is_utf8(copy.uuid) || copy.problem.size() > 512)
        std::abort();
    if (copy.intact() && copy.metadata->segments.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto header = integrityd::parse_luks_header({reinterpret_cast<const char*>(data), size});
    if (header.format == integrityd::LuksFormat::none) return header.copy() == nullptr ? 0 : (std::abort(), 0);
    check(header.first);
    check(header.second);
    if (header.consistent() && header.copy() == nullptr) std::abort();
    return 0;
}
