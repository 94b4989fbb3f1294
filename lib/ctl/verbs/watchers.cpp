// watchers: what looks, and whether it can.
#include "../exit_codes.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "../times.hpp"
#include "../verbs.hpp"

namespace integrityctl {

namespace {

std::string detail_of(const integrity::Watcher& watcher, integrity::Time now) {
    std::string detail = printable(watcher.detail);
    if (watcher.blind_since != integrity::Time{}) detail += " (for " + distance(watcher.blind_since, now) + ")";
    return detail;
}

}  // namespace

int run(Context& context, const WatchersOptions&) {
    Table table({"WATCHER", "STATE", "LAST LOOK", "NEXT IN", "DETAIL"});
    for (const auto& watcher : context.client().watchers()) {
        if (context.json) {
            context.out.json(watcher.json);
            continue;
        }
        table.add({{printable(watcher.name)},
                   {printable(watcher.state), style_of_state(watcher.state)},
                   {local_time(watcher.last_look)},
                   {watcher.next_look > context.now ? distance(watcher.next_look, context.now) : "-"},
                   {detail_of(watcher, context.now)}});
    }
    if (!context.json) context.out.write(table.render(context.out.terminal()));
    return exit_done;
}

}  // namespace integrityctl
