// explain: what a kind means and what to do, out of the catalogue; needs no daemon.
#include "../exit_codes.hpp"
#include "../json.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "../verbs.hpp"
#include "core/catalogue.hpp"

namespace integrityctl {

namespace {

using integrityd::Kind;

std::string nature_of(const Kind& kind) {
    return kind.nature == integrityd::Nature::condition ? "condition" : "happening";
}

std::vector<std::string> requirements_of(const Kind& kind) {
    return {kind.requirements.begin(), kind.requirements.end()};
}

std::string json_of(const Kind& kind) {
    std::vector<std::string> requirements;
    for (const auto& requirement : requirements_of(kind))
        requirements.push_back(json_text(requirement));
    JsonObject object;
    object.text("kind", kind.name).text("source", kind.source).text("severity", to_string(kind.severity));
    object.text("nature", nature_of(kind)).list("requirements", requirements);
    object.text("meaning", kind.meaning).text("action", kind.action).text("message_id", kind.message_id);
    return object.str();
}

void explain_one(Output& out, const Kind& kind) {
    Properties properties;
    properties.add("Kind", {std::string(kind.name), Style::strong});
    properties.add("Severity", {std::string(to_string(kind.severity)), style_of_severity(to_string(kind.severity))});
    properties.add("Nature", {kind.nature == integrityd::Nature::condition
                                  ? "condition: holds or does not, returns by itself when it is gone"
                                  : "happening: stays open until somebody acknowledges it"});
    properties.add("Told by", {std::string(kind.source)});
    properties.add("Meaning", {std::string(kind.meaning)});
    properties.add("To do", {std::string(kind.action)});
    properties.add("Evidence for", {join(requirements_of(kind), ", ")});
    out.write(properties.render(out.terminal()));
}

// The kind of this name, else all below it: "tls", "tls.certificate"; "" stands for all.
std::vector<const Kind*> kinds_of(const std::string& name) {
    if (const Kind* kind = integrityd::find_kind(name)) return {kind};
    std::vector<const Kind*> below;
    for (const Kind& kind : integrityd::all_kinds()) {
        if (name.empty() || kind.name.starts_with(name + ".")) below.push_back(&kind);
    }
    return below;
}

}  // namespace

int run(Context& context, const ExplainOptions& options) {
    const auto kinds = kinds_of(options.kind);
    if (kinds.empty()) {
        context.say("there is no kind " + printable(options.kind) + ": `integrityctl explain` lists all");
        return exit_usage;
    }
    if (!context.json && kinds.size() == 1) {
        explain_one(context.out, *kinds.front());
        return exit_done;
    }
    Table table({"KIND", "SEVERITY", "MEANING"});
    for (const Kind* kind : kinds) {
        if (context.json) {
            context.out.json(json_of(*kind));
        } else {
            const auto severity = to_string(kind->severity);
            table.add({{std::string(kind->name)},
                       {std::string(severity), style_of_severity(severity)},
                       {std::string(kind->meaning)}});
        }
    }
    if (!context.json) context.out.write(table.render(context.out.terminal()));
    return exit_done;
}

}  // namespace integrityctl
