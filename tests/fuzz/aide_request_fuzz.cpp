// Any line as a request to AIDE's unit: one of six, which can be said again in one way, or none.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "aide_run/protocol.hpp"

using namespace integrityd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    const auto request = parse_aide_request(line);
    if (!request) return 0;
    if (request->payload_size > aide_payload_limit || line.size() > aide_request_limit) std::abort();
    const std::string payload(request->payload_size, 'x');
    const std::string again = aide_request(request->verb, payload);
    if (again.substr(0, again.find('\n')) != line) std::abort();
    return 0;
}
