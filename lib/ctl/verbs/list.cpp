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
    context.out.write(table.empty() ? "No violations.\n" : table.render(context.out.terminal()));
    return exit_done;
}

}  // namespace integrityctl
