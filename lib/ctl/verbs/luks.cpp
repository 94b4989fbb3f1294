// luks: the encrypted volumes, what opens them, and whether the next boot will.
#include "../exit_codes.hpp"
#include "../json.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "../verbs.hpp"

namespace integrityctl {

namespace {

Style style_of_volume(const std::string& state) {
    return state == "as accepted" ? Style::good : state == "not accepted" ? Style::warning : Style::bad;
}

// The tokens of a slot, and the slots that have none: as systemd-cryptenroll lists them, with what it does not say.
void show_slots(Context& context, const LuksRow& volume) {
    Table slots({"SLOT", "TYPE", "KDF"});
    for (const auto& slot : volume.slots)
        slots.add({{std::to_string(slot.number)}, {printable(slot.means)}, {printable(slot.kdf)}});
    if (!slots.empty()) context.out.write(slots.render(context.out.terminal()));
    Table tokens({"TOKEN", "TYPE", "SLOTS", "POLICY"});
    for (const auto& token : volume.tokens)
        tokens.add({{std::to_string(token.number)},
                    {printable(token.type)},
                    {printable(token.keyslots)},
                    {printable(token.policy.empty() ? "-" : token.policy)}});
    if (!tokens.empty()) context.out.write(tokens.render(context.out.terminal()));
}

void show(Context& context, const LuksRow& volume) {
    const Output& out = context.out;
    Properties properties;
    properties.add("volume", {printable(volume.name + " (" + volume.device + ")"), Style::strong});
    properties.add("state", {printable(volume.state), style_of_volume(volume.state)});
    if (!volume.problem.empty()) properties.add("problem", {printable(volume.problem)});
    for (const auto& finding : volume.findings)
        properties.add("found", {printable(finding), Style::bad});
    if (!volume.header.empty()) properties.add("header", {printable(volume.header)});
    if (!volume.mapping.empty()) properties.add("mapping", {printable(volume.mapping)});
    properties.add("would unseal", {printable(volume.unseals + ", because: " + volume.because)});
    context.out.write(properties.render(out.terminal()));
    show_slots(context, volume);
}

}  // namespace

int run(Context& context, const LuksOptions&) {
    bool any = false;
    for (const auto& line : list_member(context.client().report("luks"), "volumes")) {
        if (context.json) {
            context.out.json(line);
            continue;
        }
        if (any) context.out.line("");
        show(context, read_luks_volume(line));
        any = true;
    }
    if (!any && !context.json) context.out.write("No encrypted volumes are configured.\n");
    return exit_done;
}

}  // namespace integrityctl
