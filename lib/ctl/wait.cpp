#include "wait.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "describe.hpp"
#include "json.hpp"
#include "text.hpp"

namespace integrityctl {

namespace {

sigset_t ending_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

std::uint64_t monotonic_now() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

// Milliseconds for poll(), rounded up; -1: for ever.
int poll_timeout(std::uint64_t client_until, integrity::Duration at_most) {
    std::uint64_t wait = UINT64_MAX;
    if (at_most != integrity::forever) wait = static_cast<std::uint64_t>(at_most.count());
    if (client_until != UINT64_MAX) {
        const std::uint64_t now = monotonic_now();
        wait = std::min(wait, client_until > now ? client_until - now : 0);
    }
    if (wait == UINT64_MAX) return -1;
    return static_cast<int>(std::min<std::uint64_t>((wait + 999) / 1000, 60'000));
}

std::string item_json(const integrity::Item& item) {
    JsonObject object;
    switch (item.type()) {
        case INTEGRITY_EVENT:
            return item.event().to_json();
        case INTEGRITY_SNAPSHOT_VIOLATION:
            return object.text("type", "snapshot").raw("violation", item.violation().to_json()).str();
        case INTEGRITY_MONITORING_LOST:
            return object.text("type", "monitoring.lost").text("error", item.message()).str();
        case INTEGRITY_MONITORING_BACK:
            return object.text("type", "monitoring.back").str();
        case INTEGRITY_STREAM_CHANGED:
            return object.text("type", "stream.changed").text("stream", item.stream()).str();
        case INTEGRITY_GAP:
            return object.text("type", "gap").number("count", item.count()).number("sequence", item.sequence()).str();
        default:
            return {};
    }
}

// One that refuses or is slow has not gone.
std::string loss_words(int error) {
    const bool gone = error == EHOSTDOWN || error == ECONNRESET;
    return gone ? "the daemon is gone, waiting for it: " : "the daemon cannot be followed, asking on: ";
}

void show_words(Context& context, const integrity::Item& item) {
    switch (item.type()) {
        case INTEGRITY_EVENT:
            return context.out.line(event_line(item.event(), context.out.terminal()));
        case INTEGRITY_SNAPSHOT_VIOLATION:
            return context.out.line(violation_line(item.violation(), context.out.terminal()));
        case INTEGRITY_MONITORING_LOST:
            return context.say(loss_words(item.error()) + printable(item.message()));
        case INTEGRITY_MONITORING_BACK:
            return context.say("the daemon is back; what happened meanwhile follows");
        case INTEGRITY_STREAM_CHANGED:
            return context.say("the events now are of another stream: what is known at present follows");
        case INTEGRITY_GAP:
            return context.say(std::to_string(item.count()) + " events were pruned and cannot be told any more");
        default:
            return;
    }
}

}  // namespace

Waiter::Waiter(Context& context) : context_(context) {
    const sigset_t set = ending_signals();
    sigprocmask(SIG_BLOCK, &set, nullptr);
    signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals_ < 0) throw integrity::Error(-errno, "signals cannot be waited for");
}

Waiter::~Waiter() {
    // Those that wait are taken, for their wish is being fulfilled.
    signalfd_siginfo taken{};
    while (::read(signals_, &taken, sizeof(taken)) > 0) {
    }
    close(signals_);
    const sigset_t set = ending_signals();
    sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

bool Waiter::wait(integrity::Duration at_most) {
    context_.out.flush();
    integrity::Client& client = context_.client();
    // Of standard output only an error is waited for: the reader has gone.
    pollfd waited[] = {
        {signals_, POLLIN, 0}, {client.fd(), static_cast<short>(client.events()), 0}, {context_.out.fd(), 0, 0}};
    const int ready = poll(waited, std::size(waited), poll_timeout(client.timeout(), at_most));
    if (ready < 0 && errno != EINTR) throw integrity::Error(-errno, {});
    if (ready <= 0) return !context_.out.closed();
    return waited[0].revents == 0 && waited[2].revents == 0 && !context_.out.closed();
}

int follow(Context& context, const integrity::Start& start, const std::function<void(const integrity::Item&)>& each,
           const std::function<integrity::Duration()>& caught_up) {
    integrity::Client& client = context.client();
    (void)client.status();
    Waiter waiter(context);
    client.subscribe(each, {}, start);
    integrity::Duration at_most = integrity::forever;
    do {
        while (client.process() > 0 && !context.out.closed()) {
        }
        if (caught_up) at_most = caught_up();
    } while (waiter.wait(at_most));
    return 0;
}

void show_item(Context& context, const integrity::Item& item) {
    if (!context.json) return show_words(context, item);
    const std::string line = item_json(item);
    if (!line.empty()) context.out.json(line);
}

}  // namespace integrityctl
