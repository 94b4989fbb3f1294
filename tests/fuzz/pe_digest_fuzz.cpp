// A PE file: a digest or a reason, and never more read than there is.
#include <cstdint>
#include <cstdlib>

#include "sources/pe_digest.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto digests =
        integrityd::pe_digests(integrityd::memory_pe_source(bytes), {integrityd::tcg::sha1, integrityd::tcg::sha256});
    if (digests && (digests->size() != 2 || digests->at(1).size != 32)) std::abort();
    return 0;
}
