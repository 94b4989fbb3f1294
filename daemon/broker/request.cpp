#include "broker/request.hpp"

#include <cerrno>
#include <charconv>

#include "core/broker_protocol.hpp"

namespace integrityd {

namespace {

constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._ -";
// As long as a name of the configuration may be.
constexpr std::size_t longest_volume = 64;

std::optional<BrokerVerb> parse_verb(std::string_view word) {
    if (word == "open") return BrokerVerb::open;
    if (word == "open-all") return BrokerVerb::open_all;
    if (word == "watch") return BrokerVerb::watch;
    if (word == "feed") return BrokerVerb::feed;
    if (word == "status") return BrokerVerb::status;
    if (word == "header") return BrokerVerb::header;
    if (word == "table") return BrokerVerb::table;
    if (word == "command") return BrokerVerb::command;
    return std::nullopt;
}

// 1 to 999, written in one way alone.
std::optional<unsigned> parse_number(std::string_view word) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    const bool whole = error == std::errc() && end == word.data() + word.size() && !word.starts_with('0');
    return whole && number <= most_older_files ? std::optional(number) : std::nullopt;
}

Result<BrokerRequest> of_volume(BrokerVerb verb, std::string_view name) {
    constexpr std::string_view section = "luks.";
    if (!name.starts_with(section)) return Error{"unknown name", EINVAL};
    name.remove_prefix(section.size());
    if (name.empty() || name.size() > longest_volume || name.find(' ') != std::string_view::npos)
        return Error{"unknown name", EINVAL};
    return BrokerRequest{verb, Resource::audit_log, 0, std::string(name)};
}

// Verbs that know one name alone.
std::optional<std::string_view> only_name(BrokerVerb verb) {
    if (verb == BrokerVerb::feed || verb == BrokerVerb::status) return "audit";
    if (verb == BrokerVerb::command) return "tpm";
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
    std::string_view name = message.substr(space + 1);
    if (const auto only = only_name(*verb)) {
        if (name != *only) return Error{"unknown name", EINVAL};
        return BrokerRequest{*verb, Resource::audit_log, 0, {}};
    }
    if (*verb == BrokerVerb::table && name == "boot.root")
        return BrokerRequest{BrokerVerb::root_table, Resource::audit_log, 0, {}};
    if (*verb == BrokerVerb::header || *verb == BrokerVerb::table) return of_volume(*verb, name);
    const std::size_t second = *verb == BrokerVerb::open ? name.find(' ') : std::string_view::npos;
    const std::string_view last = second != std::string_view::npos ? name.substr(second + 1) : std::string_view();
    name = name.substr(0, second);
    const auto resource = parse_resource(name);
    if (!resource) return Error{"unknown name", EINVAL};
    if (second == std::string_view::npos) return BrokerRequest{*verb, *resource, 0, {}};
    const auto number = parse_number(last);
    if (*resource != Resource::audit_log) return Error{"has no older files", EINVAL};
    if (!number) return Error{"not a number from 1 to 999", EINVAL};
    return BrokerRequest{BrokerVerb::open_older, *resource, *number, {}};
}

}  // namespace integrityd
