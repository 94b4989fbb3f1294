// JSON reports of AIDE: the bytes stand inside a report that has begun, and alone.
#include "fuzz/aide_report_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    integrityd::fuzz::check_report(text);
    integrityd::fuzz::check_report("{\"aide_version\": \"0.19.3\", \"changed\": {" + text);
    return 0;
}
