// BusRig: a bus, a loop, a fake daemon and the real BusService between them.
#pragma once

#include "bus/bus_service.hpp"
#include "support/bus_client.hpp"
#include "support/dbus_daemon.hpp"
#include "support/fake_service.hpp"

namespace integrityd::test {

// Runs jobs on the loop itself, soon: what clients fork has no threads.
class LoopWorker final : public Worker {
public:
    explicit LoopWorker(EventLoop& loop) : loop_(loop) {}
    Result<void> submit(Lane /*lane*/, std::function<std::function<void()>()> job) override {
        loop_.post([job = std::move(job)] { job()(); });
        return {};
    }

private:
    EventLoop& loop_;
};

[[nodiscard]] inline Violation violation_of(std::uint64_t id) {
    Violation violation;
    violation.id = id;
    violation.kind = "aide.entry.changed";
    violation.source = "aide";
    violation.severity = Severity::high;
    violation.subject = "/etc/passwd";
    violation.summary = "changed";
    violation.count = 1;
    violation.details = {{"actor", ValueMap{{"auid", std::uint64_t{1000}}}}, {"audit_text", "type=SYSCALL"}};
    return violation;
}

[[nodiscard]] inline Event event_of(std::uint64_t sequence) {
    Event event;
    event.sequence = sequence;
    event.stream = "stream-1";
    event.boot_id = "boot-1";
    event.type = EventType::raised;
    event.violation = violation_of(sequence);
    event.data = {{"actor", ValueMap{{"uid", std::uint64_t{1000}}}}};
    event.hash = std::string(64, 'a');
    return event;
}

struct BusRig {
    explicit BusRig(bool begin = true, GroupLookup lookup = &test_group) : lookup_(std::move(lookup)) {
        service.status.verdict = Verdict::violated;
        service.status.since = 77;
        service.status.open_violations = {{"high", 2}};
        service.status.last_sequence = 9;
        service.status.stream = "stream-1";
        service.watchers = {{"aide", WatcherState::intact, "", 0, 5, 0, {{"looks", 3}}}};
        service.violations = {violation_of(1), violation_of(2)};
        service.events = {event_of(8), event_of(9)};
        service.lines = {"{\"sequence\":8}", "{\"sequence\":9}"};
        if (begin) start();
    }

    // Until the name is ours.
    void start() {
        bus_service.start();
        wait_up();
    }
    void wait_up() {
        if (!run_until(loop, [this] { return bus_service.up(); })) throw std::runtime_error("not on the bus");
    }
    [[nodiscard]] BusSettings settings() {
        BusSettings made;
        made.version = "1.2.3";
        made.lookup = lookup_;
        made.changed = [this](bool up, const std::string& /*reason*/) { told.push_back(up); };
        // Short, so that nothing here waits; the real ones are tested as such (limits_test.cpp).
        made.first_retry = std::chrono::milliseconds(1);
        made.longest_retry = std::chrono::milliseconds(4);
        return made;
    }

    GroupLookup lookup_;
    DbusDaemon bus;
    SdEventLoop loop;
    FakeService service;
    LoopWorker worker{loop};
    std::vector<bool> told;
    BusService bus_service{loop, worker, service, settings()};
};

}  // namespace integrityd::test
