// baseline show, diff, export: what was accepted, and what is there against it.
#include "../baseline.hpp"

#include <algorithm>

#include "../exit_codes.hpp"
#include "../json.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "../verbs.hpp"

namespace integrityctl {

namespace {

// With their documents, each asked for by itself: all of them are more than an answer holds.
std::vector<BaselineRow> rows_of(Context& context, const std::string& watcher) {
    std::vector<BaselineRow> rows;
    for (const auto& name : baseline_watchers(context, watcher)) {
        for (auto& row : read_baselines(context.client().report("baseline/" + name)))
            rows.push_back(std::move(row));
    }
    return rows;
}

void show_content(Context& context, const BaselineRow& row) {
    Properties properties;
    for (const auto& [path, value] : flatten(row.content))
        properties.add("  " + printable(path), {printable(value)});
    context.out.write(properties.render(context.out.terminal()));
}

// The daemon's own configuration is no watcher, and always there.
bool is_done_without(Context& context, const std::string& watcher) {
    if (watcher == "self") return false;
    const auto state = context.client().watcher(watcher).state;
    return state == "disabled" || state == "absent";
}

}  // namespace

std::vector<std::string> baseline_watchers(Context& context, const std::string& watcher) {
    if (!watcher.empty()) return {watcher};
    std::vector<std::string> names;
    for (const auto& row : read_baselines(context.client().report("baseline")))
        names.push_back(row.watcher);
    return names;
}

std::optional<integrity::BaselineDiff> difference(Context& context, const std::string& watcher, bool all, int& code) {
    try {
        return context.client().diff_baseline(watcher);
    } catch (const integrity::Error& error) {
        // One of all that is disabled or has not looked yet keeps nobody from seeing the others.
        const bool whole = error.code() == EHOSTDOWN || error.code() == EACCES || error.code() == ECONNRESET;
        if (!all || whole) throw;
        context.say(printable(watcher) + ": " + advice(error));
        if (!is_done_without(context, watcher)) code = exit_failed;
        return std::nullopt;
    }
}

void show_difference(Context& context, const std::string& watcher, const integrity::BaselineDiff& diff) {
    Output& out = context.out;
    if (says_no_difference(diff.json)) return out.line(printable(watcher) + ": as accepted");
    out.line(out.painted(printable(watcher), Style::strong) + ": not as accepted");
    Properties properties;
    for (const auto& [path, value] : flatten(diff.json))
        properties.add("  " + printable(path), {printable(value)});
    properties.add("  digest of what is there", {printable(diff.digest)});
    out.write(properties.render(out.terminal()));
}

int run(Context& context, const BaselineShowOptions& options) {
    const auto rows = rows_of(context, options.watcher);
    Table table({"WATCHER", "BASELINE", "DIGEST"});
    for (const auto& row : rows) {
        if (context.json) {
            context.out.json(row.json);
            continue;
        }
        table.add({{printable(row.watcher)},
                   {printable(row.state), style_of_state(row.state)},
                   {printable(row.reason.empty() ? row.digest : row.reason)}});
    }
    if (context.json) return exit_done;
    context.out.write(table.render(context.out.terminal()));
    if (!options.watcher.empty() && !rows.front().content.empty()) show_content(context, rows.front());
    return exit_done;
}

int run(Context& context, const BaselineDiffOptions& options) {
    int code = exit_done;
    for (const auto& watcher : baseline_watchers(context, options.watcher)) {
        const auto diff = difference(context, watcher, options.watcher.empty(), code);
        if (!diff) continue;
        if (context.json) {
            JsonObject line;
            line.text("watcher", watcher).text("digest", diff->digest).members_of(diff->json);
            context.out.json(line.str());
        } else {
            show_difference(context, watcher, *diff);
        }
    }
    return code;
}

// JSON for people too: the document is the answer.
int run(Context& context, const BaselineExportOptions& options) {
    for (const auto& row : rows_of(context, options.watcher)) {
        if (!row.content.empty()) {
            context.out.json(row.json);
        } else if (!options.watcher.empty()) {
            throw integrity::Error(-ENOENT, "nothing was accepted for " + row.watcher);
        }
    }
    return exit_done;
}

}  // namespace integrityctl
