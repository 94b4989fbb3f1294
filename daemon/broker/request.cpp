#include "broker/request.hpp"

#include <cerrno>

#include "core/broker_protocol.hpp"

namespace integrityd {

namespace {

constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789._ -";

std::optional<BrokerVerb> parse_verb(std::string_view word) {
    if (word == "open") return BrokerVerb::open;
    if (word == "open-all") return BrokerVerb::open_all;
    if (word == "watch") return BrokerVerb::watch;
    return std::nullopt;
}

}  // namespace

Result<BrokerRequest> parse_request(std::string_view message) {
    if (message.size() > broker_protocol::longest_request) return Error{"the request is too long", EMSGSIZE};
    if (message.find_first_not_of(allowed) != std::string_view::npos) return Error{"a byte that no name has", EINVAL};
    const std::size_t space = message.find(' ');
    if (space == std::string_view::npos) return Error{"not a verb and a name", EINVAL};
    const auto verb = parse_verb(message.substr(0, space));
    if (!verb) return Error{"unknown verb", ENOTSUP};
    const auto resource = parse_resource(message.substr(space + 1));
    if (!resource) return Error{"unknown name", EINVAL};
    return BrokerRequest{*verb, *resource};
}

}  // namespace integrityd
