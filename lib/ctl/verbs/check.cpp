// check: asks for a look now; --wait tells how far it is.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "../exit_codes.hpp"
#include "../json.hpp"
#include "../text.hpp"
#include "../times.hpp"
#include "../verbs.hpp"
#include "../wait.hpp"

namespace integrityctl {

namespace {

// Counters are not signalled: they are asked for so often while a line shows them.
constexpr std::chrono::milliseconds progress_interval{250};

std::uint64_t counter(const integrity::Watcher& watcher, std::string_view name) {
    const auto found = std::ranges::find(watcher.counters, name, [](const auto& one) { return one.first; });
    return found == watcher.counters.end() ? 0 : found->second;
}

bool can_be_asked(const integrity::Watcher& watcher) {
    return watcher.state != "disabled" && watcher.state != "absent";
}

std::string progress_of(const integrity::Watcher& watcher) {
    std::string text = printable(watcher.name) + ": looking";
    if (const auto elapsed = counter(watcher, "check_elapsed_ms")) text += ", " + std::to_string(elapsed / 1000) + " s";
    if (const auto output = counter(watcher, "check_output_bytes")) {
        text += ", " + std::to_string(output / 1024) + " KiB of report read";
    }
    if (const auto size = counter(watcher, "check_size"))
        text += ", " + std::to_string(counter(watcher, "check_done")) + " of " + std::to_string(size) + " endpoints";
    return text;
}

// A look that has many parts: a line for each that is done, and whom it still waits for.
class Parts {
public:
    // `before`: what is told is about rounds that begin after this.
    Parts(Context& context, const integrity::Watcher& before)
        : context_(context),
          watcher_(before.name),
          told_(has_parts(before) && !context.json),
          before_(counter(before, "check_round")) {}

    // The lines that came since; returns what is to stand behind "looking".
    std::string show() {
        if (!told_) return "";
        const Progress progress = read_progress(context_.client().report("progress"), watcher_);
        if (progress.round <= before_) return "";
        if (progress.round != std::exchange(round_, progress.round)) shown_ = 0;
        for (; shown_ < progress.done.size(); ++shown_)
            line(progress, progress.done[shown_]);
        if (progress.waiting.empty()) return "";
        const std::size_t more = progress.size - progress.done.size() - progress.waiting.size();
        return ", waiting for " + printable(join(progress.waiting, ", ")) +
               (more > 0 ? " and " + std::to_string(more) + " more" : "");
    }

private:
    static bool has_parts(const integrity::Watcher& watcher) {
        return std::ranges::any_of(watcher.counters, [](const auto& one) { return one.first == "check_round"; });
    }
    void line(const Progress& progress, const ProgressRow& part) {
        const std::string why = part.reason.empty() ? "" : ": " + part.reason;
        context_.out.progress("");
        context_.out.line(printable(watcher_) + ": " + std::to_string(shown_ + 1) + " of " +
                          std::to_string(progress.size) + ": " + printable(part.name + ": " + part.state + why));
    }

    Context& context_;
    std::string watcher_;
    bool told_;
    std::uint64_t before_;
    std::uint64_t round_ = 0;
    std::size_t shown_ = 0;
};

// Those that were asked, as they were before.
std::vector<integrity::Watcher> asked_watchers(integrity::Client& client, const CheckOptions& options) {
    if (options.watchers.empty()) {
        auto all = client.watchers();
        std::erase_if(all, [](const auto& watcher) { return !can_be_asked(watcher); });
        return all;
    }
    std::vector<integrity::Watcher> asked;
    for (const auto& name : options.watchers)
        asked.push_back(client.watcher(name));
    return asked;
}

void show_result(Context& context, const integrity::Watcher& watcher) {
    if (context.json) return context.out.json(watcher.json);
    std::string line = printable(watcher.name) + ": has looked, " +
                       context.out.painted(printable(watcher.state), style_of_state(watcher.state));
    if (!watcher.detail.empty()) line += " (" + printable(watcher.detail) + ")";
    context.out.line(line);
}

// Waits for one; none: interrupted. A look has ended when it is another than the one before the check; not a later one,
// because the clock may have been set back.
std::optional<integrity::Watcher> await_look(Context& context, Waiter& waiter, const integrity::Watcher& before) {
    Parts parts(context, before);
    for (;;) {
        (void)context.client().process();
        auto watcher = context.client().watcher(before.name);
        const std::string waiting = parts.show();
        if (watcher.last_look != before.last_look && counter(watcher, "check_running") == 0) return watcher;
        if (!context.json) context.out.progress(progress_of(watcher) + waiting);
        if (!waiter.wait(progress_interval)) return std::nullopt;
    }
}

int interrupted(Context& context) {
    context.say("interrupted; the check goes on");
    return exit_done;
}

// Or has ended its look meanwhile. What else keeps it busy may take forever.
bool is_looking(integrity::Client& client, const integrity::Watcher& before) {
    const auto now = client.watcher(before.name);
    return now.last_look != before.last_look || counter(now, "check_running") > 0;
}

enum class Asked { begun, looking, refused };

// Those that were asked to look, and what comes of it.
class Round {
public:
    // `all`: one that refuses keeps nobody from asking the others, and from waiting for them.
    Round(Context& context, Waiter& waiter, bool all) : context_(context), waiter_(waiter), all_(all) {}

    // A look that is on its way began before this one was asked for: it is waited for, and then asked again. The others
    // look meanwhile. False: interrupted.
    bool ask(const std::vector<integrity::Watcher>& watchers) {
        std::vector<integrity::Watcher> looking;
        for (const auto& watcher : watchers) {
            if (ask_one(watcher) == Asked::looking) looking.push_back(watcher);
        }
        return std::ranges::all_of(looking, [&](const auto& watcher) { return ask_after_look(watcher); });
    }

    // A check that ends blind has failed.
    int await() {
        for (const auto& before : asked_) {
            if (!context_.json && !context_.out.terminal().interactive) context_.out.line(before.name + ": looking");
            const auto looked = await_end(before);
            if (!looked) return interrupted(context_);
            show_result(context_, *looked);
            if (looked->state == "blind") code_ = exit_failed;
        }
        return code_;
    }

private:
    Asked ask_one(const integrity::Watcher& before) {
        try {
            context_.client().check_now(before.name);
            asked_.push_back(before);
            return Asked::begun;
        } catch (const integrity::Error& error) {
            if (error.code() == EBUSY && is_looking(context_.client(), before)) return Asked::looking;
            if (!all_ || exit_code_of(error) != exit_failed) throw;
            context_.say(printable(before.name) + ": " + advice(error));
            code_ = exit_failed;
            return Asked::refused;
        }
    }

    bool ask_after_look(integrity::Watcher before) {
        do {
            if (!context_.json) context_.out.line(before.name + ": a look is on its way; waiting for its end");
            auto ended = await_end(before);
            if (!ended) return false;
            before = std::move(*ended);
        } while (ask_one(before) == Asked::looking);
        return true;
    }

    std::optional<integrity::Watcher> await_end(const integrity::Watcher& before) {
        auto looked = await_look(context_, waiter_, before);
        context_.out.progress("");
        return looked;
    }

    Context& context_;
    Waiter& waiter_;
    bool all_;
    std::vector<integrity::Watcher> asked_;  // each as it was before its look
    int code_ = exit_done;
};

void begin(integrity::Client& client, const CheckOptions& options) {
    if (options.watchers.empty()) client.check_now("");
    for (const auto& name : options.watchers)
        client.check_now(name);
}

}  // namespace

int run(Context& context, const CheckOptions& options) {
    auto asked = asked_watchers(context.client(), options);
    if (options.wait) {
        Waiter waiter(context);
        Round round(context, waiter, options.watchers.empty());
        return round.ask(asked) ? round.await() : interrupted(context);
    }
    begin(context.client(), options);
    std::vector<std::string> names;
    for (const auto& watcher : asked)
        names.push_back(context.json ? json_text(watcher.name) : printable(watcher.name));
    if (context.json) {
        context.out.json(JsonObject().list("begun", names).str());
    } else {
        context.out.line("Begun: " + join(names, ", ") + ". Follow with: integrityctl watchers");
    }
    return exit_done;
}

}  // namespace integrityctl
