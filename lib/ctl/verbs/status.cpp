// status: the verdict, why, and what to do next.
#include <algorithm>
#include <optional>

#include "../describe.hpp"
#include "../exit_codes.hpp"
#include "../json.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "../times.hpp"
#include "../verbs.hpp"
#include "core/catalogue.hpp"

namespace integrityctl {

namespace {

struct Picture {
    integrity::Status status;
    std::optional<std::vector<integrity::Watcher>> watchers;  // none: they could not be read
    integrity::Violation because;                             // false: none decides
};

// Which of two decides rather: what is present, then the more severe, then the older.
bool outweighs(const integrity::Violation& one, const integrity::Violation& other) {
    if (!other) return true;
    if (is_present(one) != is_present(other)) return is_present(one);
    if (one.severity() != other.severity()) return severity_rank(one.severity()) > severity_rank(other.severity());
    return one.id() < other.id();
}

// What is low, and what is kept outside the verdict, decides nothing.
integrity::Violation find_decisive(integrity::Client& client) {
    integrity::Violation decisive;
    client.for_each_violation({}, [&](const integrity::Violation& violation) {
        const bool counts = severity_rank(violation.severity()) >= INTEGRITY_MEDIUM;
        if (counts && outweighs(violation, decisive)) decisive = violation;
    });
    return decisive;
}

// The verdict is known once `status` was answered: what cannot be read after that is said, and left out.
Picture look(Context& context) {
    Picture picture{context.client().status(), std::nullopt, {}};
    try {
        picture.watchers = context.client().watchers();
        const auto verdict = picture.status.verdict();
        if (verdict == INTEGRITY_VIOLATED || verdict == INTEGRITY_DEGRADED) {
            picture.because = find_decisive(context.client());
        }
    } catch (const integrity::Error& error) {
        context.say(advice(error));
    }
    return picture;
}

std::string counts(const integrity::Status& status, const Output& out) {
    std::vector<std::string> parts;
    for (const char* severity : {"critical", "high", "medium", "low"}) {
        const auto count = status.open(severity);
        if (count > 0)
            parts.push_back(out.painted(std::to_string(count) + " " + severity, style_of_severity(severity)));
    }
    return parts.empty() ? "none" : join(parts, ", ");
}

// Why, where no violation decides; empty where that is not known.
std::string reason(const Picture& picture) {
    const bool future_word = picture.status.verdict() == INTEGRITY_UNKNOWN && picture.status.state() != "unknown";
    if (future_word) return "this version does not know the daemon's word";
    if (!picture.watchers) return "";
    std::vector<std::string> starting;
    std::vector<std::string> blind;
    for (const auto& watcher : *picture.watchers) {
        if (watcher.state == "starting") starting.push_back(printable(watcher.name));
        if (watcher.state == "blind") blind.push_back(printable(watcher.name) + " (" + printable(watcher.detail) + ")");
    }
    if (picture.status.verdict() == INTEGRITY_UNKNOWN) {
        if (!starting.empty()) return "not every watcher has completed its first look: " + join(starting, ", ");
        return "no watcher is enabled";
    }
    return blind.empty() ? "" : "a watcher cannot look: " + join(blind, ", ");
}

std::string next_step(const Picture& picture) {
    if (picture.because && !is_present(picture.because)) {
        return "It is gone, but nobody has said that they saw it: find out what it was, then acknowledge it with "
               "`integrityctl ack " +
               std::to_string(picture.because.id()) + "`.";
    }
    if (picture.because) {
        const auto* kind = integrityd::find_kind(picture.because.kind());
        return kind != nullptr ? std::string(kind->action) : "See what it is about.";
    }
    if (picture.status.state() == "unknown" && picture.watchers) {
        return "Wait for the first looks to end, or enable a watcher in integrityd.toml(5).";
    }
    return "";
}

void add_why(Properties& properties, const Picture& picture) {
    if (picture.because) {
        const auto& because = picture.because;
        properties.add("Because", {printable(because.severity()) + "  " + printable(because.kind()) + "  " +
                                       printable(because.subject()) + " (" + printable(because.state()) + ")",
                                   style_of_severity(because.severity())});
        if (!because.summary().empty()) properties.add("", {printable(because.summary())});
    } else if (const auto why = reason(picture); !why.empty()) {
        properties.add("Because", {why});
    }
    if (const auto step = next_step(picture); !step.empty()) properties.add("To do", {step});
    if (picture.because) properties.add("", {"See: integrityctl show " + std::to_string(picture.because.id())});
}

void show_watchers(Context& context, const std::vector<integrity::Watcher>& watchers) {
    Table table({"WATCHER", "STATE", "LAST LOOK", "DETAIL"});
    for (const auto& watcher : watchers) {
        const std::string ago = distance(watcher.last_look, context.now);
        table.add({{printable(watcher.name)},
                   {printable(watcher.state), style_of_state(watcher.state)},
                   {ago == "-" || ago == "now" ? ago : ago + " ago"},
                   {printable(watcher.detail)}});
    }
    if (!table.empty()) context.out.write("\n" + table.render(context.out.terminal()));
}

void show(Context& context, const Picture& picture) {
    Output& out = context.out;
    std::string word = printable(picture.status.state());
    std::ranges::transform(word, word.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
    const auto style =
        picture.status.verdict() == INTEGRITY_VIOLATED ? Style::worst : style_of_state(picture.status.state());
    out.line(out.painted(word, style) + " since " + time_and_age(picture.status.since(), context.now));
    out.line("");
    Properties properties;
    add_why(properties, picture);
    out.write(properties.render(out.terminal()));
    out.line(out.painted("Violations", Style::strong) + " that are not resolved: " + counts(picture.status, out));
    if (picture.watchers) show_watchers(context, *picture.watchers);
}

void show_json(Context& context, const Picture& picture) {
    JsonObject object;
    object.members_of(picture.status.to_json());
    object.raw("because", picture.because ? picture.because.to_json() : "null");
    if (picture.watchers) {
        std::vector<std::string> watchers;
        for (const auto& watcher : *picture.watchers)
            watchers.push_back(watcher.json);
        object.list("watchers", watchers);
    } else {
        object.null("watchers");
    }
    context.out.json(object.str());
}

void show_unknown(Context& context, const integrity::Error& error) {
    const std::string why = advice(error);
    if (context.json) {
        const std::string first_line = why.substr(0, why.find('\n'));
        context.out.json(JsonObject().text("state", "unknown").null("since").text("error", first_line).str());
    } else {
        context.out.line(context.out.painted("UNKNOWN", Style::warning));
        context.say(why);
    }
}

}  // namespace

int run(Context& context, const StatusOptions&) {
    try {
        const Picture picture = look(context);
        context.json ? show_json(context, picture) : show(context, picture);
        return picture.status.verdict();
    } catch (const integrity::Error& error) {
        show_unknown(context, error);
        return exit_unknown;
    }
}

}  // namespace integrityctl
