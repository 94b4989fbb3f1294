// tls: the endpoints, what was negotiated with them, and what else they accept.
#include "../exit_codes.hpp"
#include "../json.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "../verbs.hpp"

namespace integrityctl {

namespace {

Style style_of_endpoint(const std::string& state) {
    return state == "reached" ? Style::good : Style::warning;
}

void add_texts(Properties& properties, const std::string& name, const std::vector<std::string>& texts, Style style) {
    for (const auto& text : texts)
        properties.add(name, {printable(text), style});
}

void show(Context& context, const TlsRow& endpoint) {
    Properties properties;
    properties.add("endpoint", {printable(endpoint.name + " (" + endpoint.address + ")"), Style::strong});
    const std::string why = endpoint.reason.empty() ? "" : ": " + endpoint.reason;
    properties.add("state", {printable(endpoint.state + why), style_of_endpoint(endpoint.state)});
    if (!endpoint.negotiated.empty()) properties.add("negotiated", {printable(endpoint.negotiated)});
    if (!endpoint.pin.empty()) {
        properties.add("certificate", {printable(endpoint.certificate)});
        properties.add("issued by", {printable(endpoint.issuer)});
        properties.add("key", {printable(endpoint.key)});
        properties.add("key's pin", {printable(endpoint.pin)});
        properties.add("valid until", {printable(endpoint.valid_until)});
        properties.add("stapled", {printable(endpoint.staple)});
    }
    if (!endpoint.validity.empty()) properties.add("validity", {printable(endpoint.validity), Style::warning});
    add_texts(properties, "also accepts", endpoint.accepts, Style::warning);
    add_texts(properties, "not clear", endpoint.unclear, Style::plain);
    if (endpoint.tried != 0) properties.add("tried", {std::to_string(endpoint.tried) + " kinds of connections"});
    context.out.write(properties.render(context.out.terminal()));
}

// The list holds texts as JSON has them.
void show_missing(Context& context, const std::string& report) {
    std::vector<std::string> missing;
    for (const auto& word : list_member(report, "cannot_probe"))
        missing.push_back(word.size() > 1 ? word.substr(1, word.size() - 2) : word);
    if (!missing.empty())
        context.out.line("\nNot tried, because OpenSSL here no longer has it: " + printable(join(missing, ", ")));
}

}  // namespace

int run(Context& context, const TlsOptions&) {
    const std::string report = context.client().report("tls");
    bool any = false;
    for (const auto& line : list_member(report, "endpoints")) {
        if (context.json) {
            context.out.json(line);
            continue;
        }
        if (any) context.out.line("");
        show(context, read_tls_endpoint(line));
        any = true;
    }
    if (context.json) return exit_done;
    if (!any) context.out.write("No TLS endpoints are configured.\n");
    if (any) show_missing(context, report);
    return exit_done;
}

}  // namespace integrityctl
