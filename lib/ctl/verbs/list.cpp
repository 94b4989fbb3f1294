// list: violations, one a line.
#include "../exit_codes.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "../times.hpp"
#include "../verbs.hpp"

namespace integrityctl {

namespace {

integrity::Filter filter_of(const ListOptions& options) {
    integrity::Filter filter;
    filter.sources = options.sources;
    filter.kinds = options.kinds;
    filter.state = options.all ? "all" : options.state;
    if (!options.severity.empty()) {
        filter.severity = static_cast<integrity::Severity>(integrity_severity_from_string(options.severity.c_str()));
    }
    return filter;
}

// Of the longest subject, so that one of 4096 bytes does not push the others off the screen.
constexpr std::size_t subject_lines = 3;

// Who reads lines gets each violation on one, with all of its subject.
void show(Output& out, Table& table) {
    if (table.empty()) return out.line("No violations.");
    if (!out.terminal().interactive) return out.write(table.render_unwrapped(out.terminal()));
    const bool cut = table.cut_last_column(out.terminal(), subject_lines);
    out.write(table.render(out.terminal()));
    if (cut)
        out.line(out.painted("A long subject is cut in its middle; integrityctl show ID has all of it.", Style::faint));
}

}  // namespace

int run(Context& context, const ListOptions& options) {
    Table table({"ID", "SEVERITY", "STATE", "SEEN", "KIND", "SUBJECT"});
    context.client().for_each_violation(filter_of(options), [&](const integrity::Violation& violation) {
        if (context.json) return context.out.json(violation.to_json());
        table.add({{std::to_string(violation.id())},
                   {printable(violation.severity()), style_of_severity(violation.severity())},
                   {printable(violation.state()), style_of_state(violation.state())},
                   {distance(violation.last_seen(), context.now)},
                   {printable(violation.kind())},
                   {printable(violation.subject())}});
    });
    if (context.json) return exit_done;
    show(context.out, table);
    return exit_done;
}

}  // namespace integrityctl
