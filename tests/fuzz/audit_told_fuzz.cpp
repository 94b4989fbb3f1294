// The events that were told: any text can be taken, and what was taken of it is written and taken the same.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "watchers/audit/audit_told.hpp"

using namespace integrityd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    AuditTold told;
    told.take({reinterpret_cast<const char*>(data), size});
    const std::string text = told.text();
    if (static_cast<std::size_t>(std::ranges::count(text, ',')) >= AuditTold::most_kept) std::abort();
    // Those that share a place with a later one are in the text, and taken again.
    AuditTold again;
    again.take(text);
    if (again.text() != text) std::abort();
    return 0;
}
