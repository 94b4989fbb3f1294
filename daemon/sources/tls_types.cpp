#include "sources/tls_types.hpp"

#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <ctime>
#include <utility>

namespace integrityd {

namespace {

constexpr std::array versions = {
    std::pair{tls_version::ssl3, std::string_view("SSL 3.0")},
    std::pair{tls_version::tls10, std::string_view("TLS 1.0")},
    std::pair{tls_version::tls11, std::string_view("TLS 1.1")},
    std::pair{tls_version::tls12, std::string_view("TLS 1.2")},
    std::pair{tls_version::tls13, std::string_view("TLS 1.3")},
};

}  // namespace

std::string tls_version_name(std::uint16_t version) {
    for (const auto& [number, name] : versions) {
        if (number == version) return std::string(name);
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "0x";
    for (int shift = 12; shift >= 0; shift -= 4)
        text += digits[(version >> shift) & 0xf];
    return text;
}

std::uint16_t parse_tls_version(std::string_view name) {
    for (const auto& [number, known] : versions) {
        if (known == name) return number;
    }
    return 0;
}

std::string tls_date(std::int64_t seconds) {
    const auto time = static_cast<std::time_t>(seconds);
    std::tm utc{};
    char text[40] = {};
    if (gmtime_r(&time, &utc) == nullptr || std::strftime(text, sizeof text, "%Y-%m-%d", &utc) == 0) return "?";
    return text;
}

std::string TlsAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> host{};
    if (family() == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &storage, sizeof v4);
        inet_ntop(AF_INET, &v4.sin_addr, host.data(), host.size());
        return std::string(host.data()) + ":" + std::to_string(ntohs(v4.sin_port));
    }
    sockaddr_in6 v6{};
    std::memcpy(&v6, &storage, sizeof v6);
    inet_ntop(AF_INET6, &v6.sin6_addr, host.data(), host.size());
    return "[" + std::string(host.data()) + "]:" + std::to_string(ntohs(v6.sin6_port));
}

bool TlsAddress::loopback() const {
    if (family() == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &storage, sizeof v4);
        return (ntohl(v4.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
    }
    sockaddr_in6 v6{};
    std::memcpy(&v6, &storage, sizeof v6);
    return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

std::string_view to_string(TlsOutcome outcome) {
    switch (outcome) {
        case TlsOutcome::finished:
            return "finished";
        case TlsOutcome::alert:
            return "alert";
        case TlsOutcome::closed:
            return "closed";
        case TlsOutcome::malformed:
            return "malformed";
        case TlsOutcome::local:
            return "local";
        case TlsOutcome::timeout:
            return "timeout";
        case TlsOutcome::refused:
            return "refused";
        case TlsOutcome::unreachable:
            return "unreachable";
        case TlsOutcome::no_route:
            return "no-route";
        case TlsOutcome::name_unknown:
            return "name-unknown";
        case TlsOutcome::name_unavailable:
            return "name-unavailable";
        case TlsOutcome::starttls:
            return "starttls";
    }
    return "";
}

bool is_absence(TlsOutcome outcome) {
    switch (outcome) {
        case TlsOutcome::timeout:
        case TlsOutcome::refused:
        case TlsOutcome::unreachable:
        case TlsOutcome::no_route:
        case TlsOutcome::name_unknown:
        case TlsOutcome::name_unavailable:
            return true;
        default:
            return false;
    }
}

}  // namespace integrityd
