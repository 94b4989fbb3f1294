// Plain reports of AIDE, Debian's wrapping included.
#include "fuzz/aide_report_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    integrityd::fuzz::check_report({reinterpret_cast<const char*>(data), size});
    return 0;
}
