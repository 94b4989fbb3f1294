// JSON of our own making: whatever is accepted is written the same again and again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/canonical_json.hpp"

using namespace integrityd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const Result<Value> value = read_json(text);
    if (value) {
        const std::string written = canonical_json(*value);
        const Result<Value> again = read_json(written);
        if (!again || canonical_json(*again) != written) std::abort();
    }
    const Result<Event> event = read_event(text);
    if (event) {
        const std::string written = canonical_json(*event);
        const Result<Event> again = read_event(written);
        if (!again || canonical_json(*again) != written) std::abort();
    }
    return 0;
}
