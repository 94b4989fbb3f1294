// baseline accept: shows the difference, asks, and accepts exactly what was shown.
#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <iostream>
#include <string>
#include <unistd.h>

#include "../baseline.hpp"
#include "../exit_codes.hpp"
#include "../json.hpp"
#include "../text.hpp"
#include "../tpm.hpp"
#include "../verbs.hpp"

namespace integrityctl {

namespace {

// Counters are not signalled: they are asked for so often while a line shows them.
constexpr std::chrono::milliseconds progress_interval{250};

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

std::uint64_t counter(const integrity::Watcher& watcher, std::string_view name) {
    const auto found = std::ranges::find(watcher.counters, name, [](const auto& one) { return one.first; });
    return found == watcher.counters.end() ? 0 : found->second;
}

std::string progress_of(const integrity::Watcher& watcher) {
    // The steps of the AIDE watcher's new database; none: it looks, which settles the acceptance.
    constexpr std::array<std::string_view, 4> steps = {"looking", "making a new database",
                                                       "comparing it with the old one", "putting it in place"};
    const auto step = std::min<std::uint64_t>(counter(watcher, "database_step"), steps.size() - 1);
    const auto elapsed = counter(watcher, step > 0 ? "database_elapsed_ms" : "check_elapsed_ms");
    return printable(watcher.name) + ": " + std::string(steps.at(step)) + ", " + std::to_string(elapsed / 1000) + " s";
}

// The daemon answers when the look that settles it has ended, which AIDE may take minutes for. Meanwhile another
// connection tells a person how far it is.
std::uint32_t order(Context& context, const BaselineAcceptOptions& options, const std::string& watcher,
                    const std::string& digest) {
    const auto ask = [&](integrity::Client& client) {
        return client.accept_baseline(watcher, digest, options.ids, options.comment, integrity::forever);
    };
    if (context.json || !context.out.terminal().interactive || watcher == "self") return ask(context.client());
    auto answer = std::async(std::launch::async, [&ask] {
        integrity::Client own;
        return ask(own);
    });
    while (answer.wait_for(progress_interval) != std::future_status::ready)
        context.out.progress(progress_of(context.client().watcher(watcher)));
    context.out.progress("");
    return answer.get();
}

void accept(Context& context, const BaselineAcceptOptions& options, const std::string& watcher,
            const std::string& digest) {
    const auto resolved = order(context, options, watcher, digest);
    if (context.json) {
        JsonObject line;
        line.text("watcher", watcher).text("digest", digest).number("resolved", resolved);
        context.out.json(line.str());
    } else {
        context.out.line(printable(watcher) + ": accepted; violations resolved by it: " + std::to_string(resolved));
    }
    if (watcher == "luks") seal_after_acceptance(context);
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
        const auto diff = difference(context, watcher, all, code);
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
