// events: what is stored, and with --follow what comes after it.
#include <cerrno>
#include <chrono>
#include <utility>

#include "../describe.hpp"
#include "../exit_codes.hpp"
#include "../json.hpp"
#include "../verbs.hpp"
#include "../wait.hpp"

namespace integrityctl {

namespace {

void print(Context& context, const integrity::Event& event) {
    if (context.json) {
        context.out.json(event.to_json());
    } else {
        context.out.line(event_line(event, context.out.terminal()));
    }
}

int print_stored(Context& context, std::uint64_t after) {
    while (!context.out.closed()) {
        const auto page = context.client().event_page(after);
        if (page.pruned > 0) {
            context.say(std::to_string(page.pruned) + " events were pruned and cannot be told any more");
        }
        for (const auto& event : page.events)
            print(context, event);
        if (page.events.empty() || page.events.back().sequence() <= after) break;
        after = page.events.back().sequence();
    }
    return exit_done;
}

// To the end; moves `after` on. The first line of an answer may be the hash before the oldest event.
void print_canonical(Context& context, std::uint64_t& after) {
    while (!context.out.closed()) {
        const auto lines = context.client().export_events(after);
        for (const auto& line : lines)
            context.out.line(line);
        const auto last = lines.empty() ? std::nullopt : read_chain_place(lines.back());
        if (!last || last->sequence <= after) return;
        after = last->sequence;
    }
}

// What passes: the daemon leaves, starts, or has too much to do.
bool may_pass(const integrity::Error& error) {
    return error.code() == EHOSTDOWN || error.code() == ECONNRESET || error.code() == ETIMEDOUT ||
           error.code() == EBUSY;
}

// The library tells that there is something new; the bytes of it are asked for.
class CanonicalFollower {
public:
    CanonicalFollower(Context& context, std::uint64_t after) : context_(context), after_(after) {}

    // Any item may stand for lines that were not there before: the verdict, which is the first, for what came between
    // the first question and the beginning of the subscription.
    void note(const integrity::Item& item) {
        fresh_ = true;
        if (item.type() == INTEGRITY_MONITORING_LOST) lost_ = true;
        if (item.type() == INTEGRITY_MONITORING_BACK) lost_ = false;
        if (item.type() == INTEGRITY_MONITORING_LOST || item.type() == INTEGRITY_STREAM_CHANGED) {
            show_item(context_, item);
        }
    }

    // Prints what is new; while the daemon is lost, its return is waited for.
    integrity::Duration print() {
        if (lost_ || !fresh_) return integrity::forever;
        try {
            print_canonical(context_, after_);
            fresh_ = false;
            waits_ = false;
            return integrity::forever;
        } catch (const integrity::Error& error) {
            if (!may_pass(error)) throw;
            const bool gone = exit_code_of(error) == exit_no_daemon;  // which the subscription tells
            if (!gone && !std::exchange(waits_, true)) context_.say(advice(error));
            return ask_again;
        }
    }

private:
    // After what may pass, while the daemon is not told as lost.
    static constexpr std::chrono::milliseconds ask_again{500};

    Context& context_;
    std::uint64_t after_;
    bool fresh_ = true;
    bool lost_ = false;
    bool waits_ = false;  // for a daemon that is busy or slow, as it was said
};

int follow_canonical(Context& context, std::uint64_t after) {
    CanonicalFollower follower(context, after);
    return follow(
        context, integrity::Start::now(), [&](const integrity::Item& item) { follower.note(item); },
        [&] { return follower.print(); });
}

}  // namespace

int run(Context& context, const EventsOptions& options) {
    std::uint64_t after = options.after;
    if (options.canonical && options.follow) return follow_canonical(context, after);
    if (options.canonical) {
        print_canonical(context, after);
        return exit_done;
    }
    if (!options.follow) return print_stored(context, after);
    return follow(context, integrity::Start::after("", after),
                  [&](const integrity::Item& item) { show_item(context, item); });
}

}  // namespace integrityctl
