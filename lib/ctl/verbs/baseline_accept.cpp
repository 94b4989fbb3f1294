// baseline accept: shows the difference, asks, and accepts exactly what was shown.
#include <iostream>
#include <string>
#include <unistd.h>

#include "../baseline.hpp"
#include "../exit_codes.hpp"
#include "../json.hpp"
#include "../text.hpp"
#include "../verbs.hpp"

namespace integrityctl {

namespace {

bool asks_somebody() {
    return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

bool agreed(Context& context, const std::string& watcher) {
    context.out.flush();
    context.error.write("Accept this as the baseline of " + printable(watcher) + "? [y/N] ");
    context.error.flush();
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "Y" || answer == "yes";
}

void accept(Context& context, const BaselineAcceptOptions& options, const std::string& watcher,
            const std::string& digest) {
    // The daemon answers when the look that settles it has ended, which AIDE may take minutes for.
    const auto resolved =
        context.client().accept_baseline(watcher, digest, options.ids, options.comment, integrity::forever);
    if (context.json) {
        JsonObject line;
        line.text("watcher", watcher).text("digest", digest).number("resolved", resolved);
        context.out.json(line.str());
    } else {
        context.out.line(printable(watcher) + ": accepted; violations resolved by it: " + std::to_string(resolved));
    }
}

}  // namespace

int run(Context& context, const BaselineAcceptOptions& options) {
    if (!options.yes && (context.json || !asks_somebody())) {
        context.say("nobody can be asked here: see `integrityctl baseline diff`, then give --yes");
        return exit_usage;
    }
    const bool all = options.watcher.empty();
    int code = exit_done;
    for (const auto& watcher : baseline_watchers(context, options.watcher)) {
        const auto diff = difference(context, watcher, all);
        if (!diff) continue;
        if (!context.json) show_difference(context, watcher, *diff);
        if (says_no_difference(diff->json)) continue;
        if (options.yes || agreed(context, watcher)) {
            accept(context, options, watcher, diff->digest);
        } else {
            context.say(printable(watcher) + ": nothing was accepted");
            code = exit_failed;
        }
    }
    return code;
}

}  // namespace integrityctl
