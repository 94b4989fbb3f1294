// A request to integrityd-broker: one that can be said again in one way, or an error that repeats nothing of it.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "broker/request.hpp"
#include "core/broker_protocol.hpp"

using namespace integrityd;

namespace {

std::string said_again(const BrokerRequest& request) {
    const std::string name(to_string(request.resource));
    switch (request.verb) {
        case BrokerVerb::open:
            return "open " + name;
        case BrokerVerb::open_older:
            return "open " + name + " " + std::to_string(request.number);
        case BrokerVerb::open_all:
            return "open-all " + name;
        case BrokerVerb::watch:
            return "watch " + name;
        case BrokerVerb::feed:
            return "feed audit";
        case BrokerVerb::status:
            return "status audit";
        case BrokerVerb::header:
            return "header luks." + request.volume;
        case BrokerVerb::table:
            return "table luks." + request.volume;
        case BrokerVerb::root_table:
            return "table boot.root";
        case BrokerVerb::command:
            return "command tpm";
    }
    std::abort();
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
    if (message != said_again(*request)) std::abort();
    return 0;
}
