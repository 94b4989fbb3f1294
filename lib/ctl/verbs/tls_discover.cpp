// tls discover: this device's own TLS listeners, as a configuration to paste. It needs no daemon and changes nothing.
#include "sources/tls_discover.hpp"

#include "../exit_codes.hpp"
#include "../json.hpp"
#include "../text.hpp"
#include "../verbs.hpp"

namespace integrityctl {

namespace {

using integrityd::TlsListener;

// On the own machine nothing takes longer, and one that is silent is no TLS.
constexpr std::chrono::seconds patience{3};

std::string port_of(const std::string& address) {
    return address.substr(address.rfind(':') + 1);
}

// As TOML has it. What a certificate says is somebody else's text.
std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char each : text) {
        if (each == '"' || each == '\\') out += '\\';
        out += each;
    }
    return out + "\"";
}

std::string name_of(const TlsListener& listener) {
    return listener.certificate.names.empty() ? "" : listener.certificate.names.front();
}

void show(Context& context, const TlsListener& listener) {
    const auto& certificate = listener.certificate;
    context.out.line("[[tls.endpoint]]");
    context.out.line("name = " + quoted("port-" + port_of(listener.address)));
    context.out.line("address = " + quoted(listener.address));
    if (const auto name = name_of(listener); !name.empty())
        context.out.line("server_name = " + quoted(printable(name)));
    if (listener.starttls != integrityd::Starttls::none)
        context.out.line("starttls = " + quoted(std::string(to_string(listener.starttls))));
    context.out.line("# " +
                     printable(integrityd::tls_version_name(listener.version) + ", issued by " + certificate.issuer));
    context.out.line(
        "# ca_file = \"\"        # the file with that authority; without it the system's authorities count");
    context.out.line("# spki_sha256 = [" + quoted(certificate.spki_sha256) + "]  # to pin the key that it has now");
    context.out.line("");
}

std::string json_of(const TlsListener& listener) {
    JsonObject object;
    object.text("address", listener.address).text("server_name", name_of(listener));
    object.text("starttls", to_string(listener.starttls));
    object.text("protocol", integrityd::tls_version_name(listener.version));
    object.text("subject", listener.certificate.subject).text("issuer", listener.certificate.issuer);
    object.text("spki_sha256", listener.certificate.spki_sha256);
    return object.str();
}

}  // namespace

int run(Context& context, const TlsDiscoverOptions&) {
    const auto found = integrityd::discover_tls("", patience);
    if (!found) {
        context.say(printable(found.error().message));
        return exit_failed;
    }
    for (const auto& listener : *found) {
        if (context.json)
            context.out.json(json_of(listener));
        else
            show(context, listener);
    }
    if (found->empty() && !context.json) context.say("no listener of this device speaks TLS");
    return exit_done;
}

}  // namespace integrityctl
