#include "sources/tls_discover.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "core/event_loop_sd.hpp"
#include "sources/tls_names.hpp"
#include "sources/tls_probe.hpp"

namespace integrityd {

namespace {

// A device has a dozen; whoever opens thousands is not to make this hang.
constexpr std::size_t most_listeners = 256;
constexpr std::string_view listening = "0A";  // TCP_LISTEN

template <typename Number>
bool parse_hex(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    return error == std::errc{} && end == text.data() + text.size();
}

// "0100007F:1F90": words of the address in the machine's own byte order, as the kernel prints them.
std::string address_of(std::string_view local) {
    const std::size_t colon = local.find(':');
    std::uint16_t port = 0;
    if (colon != 8 && colon != 32) return "";
    if (!parse_hex(local.substr(colon + 1), port) || port == 0) return "";
    std::uint32_t words[4] = {};
    for (std::size_t i = 0; i < colon / 8; ++i) {
        if (!parse_hex(local.substr(i * 8, 8), words[i])) return "";
    }
    const std::string at = ":" + std::to_string(port);
    char text[INET6_ADDRSTRLEN] = {};
    if (colon == 8) {
        if (words[0] == 0) return "127.0.0.1" + at;
        return inet_ntop(AF_INET, words, text, sizeof text) != nullptr ? text + at : "";
    }
    if ((words[0] | words[1] | words[2] | words[3]) == 0) return "[::1]" + at;
    return inet_ntop(AF_INET6, words, text, sizeof text) != nullptr ? "[" + std::string(text) + "]" + at : "";
}

std::string port_of(const std::string& address) {
    return address.substr(address.rfind(':') + 1);
}

// The ports on which these protocols begin in the clear.
Starttls usual_starttls(const std::string& port) {
    if (port == "25" || port == "587") return Starttls::smtp;
    if (port == "143") return Starttls::imap;
    return port == "389" ? Starttls::ldap : Starttls::none;
}

class Discovery {
public:
    Discovery(std::shared_ptr<TlsContext> context, Duration timeout)
        : context_(std::move(context)), timeout_(timeout) {}

    std::vector<TlsListener> run(const std::set<std::string>& addresses) {
        for (const auto& address : addresses)
            probe(address, usual_starttls(port_of(address)));
        while (finished_ < connections_.size())
            loop_.run_once(timeout_);
        std::ranges::sort(found_, {}, &TlsListener::address);
        return std::move(found_);
    }

private:
    void probe(const std::string& address, Starttls starttls) {
        auto resolved = resolve_numeric(*parse_host_port(address));
        if (!resolved) return;
        TlsTarget target{std::move(resolved->addresses), "", starttls, {}};
        connections_.push_back(std::make_unique<TlsConnection>(
            loop_, context_, std::move(target), TlsOffer{}, timeout_,
            [this, address, starttls](const TlsSeen& seen) { answered(address, starttls, seen); }));
    }
    void answered(const std::string& address, Starttls starttls, const TlsSeen& seen) {
        ++finished_;
        if (seen.chain.empty()) return;
        auto certificate = read_certificate(seen.chain.front());
        if (certificate) found_.push_back({address, starttls, seen.version, std::move(*certificate)});
    }

    std::shared_ptr<TlsContext> context_;
    Duration timeout_;
    SdEventLoop loop_;
    std::vector<std::unique_ptr<TlsConnection>> connections_;
    std::size_t finished_ = 0;
    std::vector<TlsListener> found_;
};

}  // namespace

std::vector<std::string> parse_listeners(std::string_view text) {
    std::set<std::string> found;
    while (!text.empty() && found.size() < most_listeners) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::istringstream line{std::string(text.substr(0, end))};
        text.remove_prefix(std::min(end + 1, text.size()));
        std::string number;
        std::string local;
        std::string remote;
        std::string state;
        line >> number >> local >> remote >> state;
        if (state != listening) continue;
        if (auto address = address_of(local); !address.empty()) found.insert(std::move(address));
    }
    return {found.begin(), found.end()};
}

Result<std::vector<TlsListener>> discover_tls(const std::string& root, Duration timeout) {
    std::map<std::string, std::string> by_port;
    for (const auto* const file : {"/proc/net/tcp6", "/proc/net/tcp"}) {
        std::ifstream in(root + file);
        const std::string text{std::istreambuf_iterator<char>(in), {}};
        // One that listens on all addresses of both families is one listener.
        for (const auto& address : parse_listeners(text))
            by_port[port_of(address)] = address;
    }
    if (by_port.empty()) return std::vector<TlsListener>();
    std::set<std::string> addresses;
    for (const auto& [port, address] : by_port)
        addresses.insert(address);
    auto context = TlsContext::make({});
    if (!context) return context.error();
    return Discovery(std::move(*context), timeout).run(addresses);
}

std::string_view to_string(Starttls starttls) {
    switch (starttls) {
        case Starttls::smtp:
            return "smtp";
        case Starttls::imap:
            return "imap";
        case Starttls::ldap:
            return "ldap";
        case Starttls::none:
            break;
    }
    return "";
}

}  // namespace integrityd
