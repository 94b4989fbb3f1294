#include "sources/tls_names.hpp"

#include <charconv>
#include <cstring>
#include <netdb.h>

#include "core/escape.hpp"

namespace integrityd {

namespace {

// Behind one name stand a handful of addresses; more would only make a dead endpoint take longer.
constexpr std::size_t most_addresses = 16;

TlsResolved failed(int code, const std::string& host) {
    const bool unknown = code == EAI_NONAME || code == EAI_NODATA || code == EAI_FAIL;
    return {.outcome = unknown ? TlsOutcome::name_unknown : TlsOutcome::name_unavailable,
            .reason = escape_cut(host, 256) + ": " + escape_cut(gai_strerror(code), 128),
            .addresses = {}};
}

// One family after the other in turn, beginning with the one that the system prefers.
std::vector<TlsAddress> in_turn(const std::vector<TlsAddress>& all) {
    std::vector<TlsAddress> first;
    std::vector<TlsAddress> others;
    for (const auto& address : all)
        (address.family() == all.front().family() ? first : others).push_back(address);
    std::vector<TlsAddress> out;
    for (std::size_t i = 0; out.size() < most_addresses && (i < first.size() || i < others.size()); ++i) {
        if (i < first.size()) out.push_back(first[i]);
        if (i < others.size()) out.push_back(others[i]);
    }
    return out;
}

TlsResolved ask(const TlsHostPort& where, int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | flags;
    addrinfo* list = nullptr;
    const int code = getaddrinfo(where.host.c_str(), where.port.c_str(), &hints, &list);
    if (code != 0) return failed(code, where.host);
    std::vector<TlsAddress> all;
    for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
        if (each->ai_addrlen > sizeof(sockaddr_storage)) continue;
        TlsAddress address;
        std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
        address.length = each->ai_addrlen;
        all.push_back(address);
    }
    freeaddrinfo(list);
    if (all.empty()) return failed(EAI_NONAME, where.host);
    return {.outcome = TlsOutcome::finished, .reason = "", .addresses = in_turn(all)};
}

}  // namespace

std::optional<TlsHostPort> parse_host_port(std::string_view address) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    std::string_view host = address.substr(0, colon);
    const std::string_view port = address.substr(colon + 1);
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc{} || end != port.data() + port.size() || number == 0) return std::nullopt;
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    // A colon in a host without brackets: a v6 address whose last part would be taken for the port.
    if (host.find_first_of(bracketed ? "[]" : "[]:") != std::string_view::npos) return std::nullopt;
    if (host.find('\0') != std::string_view::npos) return std::nullopt;
    return TlsHostPort{std::string(host), std::string(port)};
}

bool is_numeric_host(const std::string& host) {
    return resolve_numeric({host, "1"}).has_value();
}

std::optional<TlsResolved> resolve_numeric(const TlsHostPort& where) {
    auto resolved = ask(where, AI_NUMERICHOST);
    if (resolved.outcome != TlsOutcome::finished) return std::nullopt;
    return resolved;
}

TlsResolved resolve(const TlsHostPort& where) {
    return ask(where, 0);
}

}  // namespace integrityd
