// A request to integrityd-broker: one of nine, or an error that repeats nothing of it.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "broker/request.hpp"
#include "core/broker_protocol.hpp"

using namespace integrityd;

namespace {

std::string_view verb_text(BrokerVerb verb) {
    if (verb == BrokerVerb::open) return "open";
    return verb == BrokerVerb::watch ? "watch" : "open-all";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view message(reinterpret_cast<const char*>(data), size);
    const auto request = parse_request(message);
    if (!request) {
        if (request.error().code == 0 || request.error().message.empty()) std::abort();
        return 0;
    }
    // What was understood is all that was there.
    if (message.size() > broker_protocol::longest_request) std::abort();
    const std::string again = std::string(verb_text(request->verb)) + " " + std::string(to_string(request->resource));
    if (message != again) std::abort();
    return 0;
}
