// show: one violation with what it means, its evidence, who did it and what became of it.
#include "../describe.hpp"
#include "../exit_codes.hpp"
#include "../json.hpp"
#include "../records.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "../times.hpp"
#include "../verbs.hpp"
#include "core/catalogue.hpp"

namespace integrityctl {

namespace {

// Page by page: the daemon keeps no index by violation, and its store is bounded (32 MiB by default).
std::vector<integrity::Event> history_of(integrity::Client& client, std::uint64_t id) {
    constexpr std::uint32_t page_size = 1000;
    std::vector<integrity::Event> history;
    for (std::uint64_t after = 0;;) {
        const auto page = client.event_page(after, page_size);
        if (page.events.empty() || page.events.back().sequence() <= after) return history;
        after = page.events.back().sequence();
        for (const auto& event : page.events) {
            const auto violation = event.violation();
            if (violation && violation.id() == id) history.push_back(event);
        }
    }
}

// Members that are shown in words of their own.
bool is_told_apart(const std::string& path) {
    return path.starts_with("actor.") || path.starts_with("acknowledged.");
}

std::string requirements_of(const integrity::Violation& violation) {
    std::vector<std::string> all;
    for (const auto requirement : violation.requirements())
        all.push_back(printable(requirement));
    return join(all, ", ");
}

void add_text(Properties& properties, const std::string& name, const std::string& text) {
    if (!text.empty()) properties.add(name, {text});
}

Properties facts(const Context& context, const integrity::Violation& violation) {
    Properties facts;
    if (const auto* kind = integrityd::find_kind(violation.kind())) {
        facts.add("Meaning", {std::string(kind->meaning)});
        facts.add("To do", {std::string(kind->action)});
    }
    facts.add("State", {printable(violation.state()), style_of_state(violation.state())});
    facts.add("First seen", {time_and_age(violation.first_seen(), context.now)});
    facts.add("Last seen", {time_and_age(violation.last_seen(), context.now)});
    facts.add("Count", {std::to_string(violation.count())});
    facts.add("Told by", {printable(violation.source())});
    add_text(facts, "Evidence for", requirements_of(violation));
    add_text(facts, "Actor", scalars(violation.details()["actor"]));
    add_text(facts, "Acknowledged", scalars(violation.details()["acknowledged"]));
    return facts;
}

Properties evidence(const integrity::Violation& violation) {
    Properties evidence;
    for (const auto& [path, value] : facts_of(violation.details())) {
        if (!is_told_apart(path)) evidence.add("  " + path, {value});
    }
    return evidence;
}

// What the audit records say, by name.
Properties record(const integrity::Violation& violation) {
    Properties record;
    for (const auto& [name, text] : records_in_words(violation.details()["audit"].text()))
        record.add("  " + name, {printable(text)});
    return record;
}

void show(Context& context, const integrity::Violation& violation, const std::vector<integrity::Event>& history) {
    Output& out = context.out;
    out.line("Violation " + std::to_string(violation.id()) + ": " +
             out.painted(printable(violation.severity()), style_of_severity(violation.severity())) + "  " +
             out.painted(printable(violation.kind()), Style::strong));
    out.line("  " + wrap_behind(2, printable(violation.subject()), out.terminal().width));
    if (!violation.summary().empty()) {
        out.line("  " + wrap_behind(2, printable(violation.summary()), out.terminal().width));
    }
    out.write("\n" + facts(context, violation).render(out.terminal()));
    if (const auto text = evidence(violation).render(out.terminal()); !text.empty()) {
        out.write("\n" + out.painted("Evidence", Style::strong) + "\n" + text);
    }
    if (const auto text = record(violation).render(out.terminal()); !text.empty()) {
        out.write("\n" + out.painted("The audit record in words", Style::strong) + "\n" + text);
    }
    if (!history.empty()) out.write("\n" + out.painted("History", Style::strong) + "\n");
    for (const auto& event : history) {
        const std::string by = scalars(event.by());
        out.line("  " + local_time(event.time()) + "  " + printable(event.type()) + (by.empty() ? "" : "  by " + by));
    }
}

void show_json(Context& context, const integrity::Violation& violation, const std::vector<integrity::Event>& history) {
    JsonObject object;
    object.members_of(violation.to_json());
    if (const auto* kind = integrityd::find_kind(violation.kind())) {
        object.text("meaning", kind->meaning).text("action", kind->action);
    }
    std::vector<std::string> events;
    for (const auto& event : history)
        events.push_back(event.to_json());
    context.out.json(object.list("history", events).str());
}

}  // namespace

int run(Context& context, const ShowOptions& options) {
    const auto violation = context.client().violation(options.id);
    const auto history = history_of(context.client(), options.id);
    context.json ? show_json(context, violation, history) : show(context, violation, history);
    return exit_done;
}

}  // namespace integrityctl
