// Daemons and buses that go away, come back, or turn out to be another.
#include "subscriber.hpp"

namespace integrityd::test {

TEST_CASE("without a daemon the loss is told, and its coming", "[lib][REQ-37]") {
    PrivateBus bus;
    FakeStore store;
    Subscriber subscriber;
    CHECK(subscriber.take_until(nullptr, "verdict unknown") == Told{lost(EHOSTDOWN), "verdict unknown"});
    FakeManager manager(store);
    CHECK(subscriber.take_until(&manager, "end 0") == Told{"back", "verdict intact", "begin", "end 0"});
}

TEST_CASE("without a bus the loss is told, and the same descriptor serves the new one", "[lib]") {
    PrivateBus bus;
    bus.stop();
    FakeStore store;
    Subscriber subscriber;
    const int fd = subscriber.client.fd();
    CHECK(subscriber.take_until(nullptr, "verdict unknown") == Told{lost(EHOSTDOWN), "verdict unknown"});
    bus.start();
    FakeManager manager(store);
    CHECK(subscriber.take_until(&manager, "end 0") == Told{"back", "verdict intact", "begin", "end 0"});
    CHECK(subscriber.client.fd() == fd);
}

TEST_CASE("every event is told once and in order over restarts of daemon and bus", "[lib][REQ-7]") {
    PrivateBus bus;
    FakeStore store;
    auto manager = std::make_unique<FakeManager>(store);
    Subscriber subscriber;
    subscriber.take_until(manager.get(), "end 0");
    std::uint64_t expected = 0;
    for (unsigned round = 0; round < 6; ++round) {
        manager->raise();
        manager->raise();
        subscriber.run_until(manager.get(), "event " + std::to_string(store.last()));
        manager->raise();  // may or may not arrive before the end
        if (round % 2 == 1) {
            bus.stop();
            subscriber.run_until(nullptr, lost(ECONNRESET));
            bus.start();
        } else {
            manager.reset();
            subscriber.run_until(nullptr, lost(EHOSTDOWN));
        }
        store.add({.violation = {.id = 77}});  // while nobody listens
        manager = std::make_unique<FakeManager>(store);
        subscriber.run_until(manager.get(), "event " + std::to_string(store.last()));
        for (const auto& told : std::exchange(subscriber.told, {}))
            if (told.rfind("event ", 0) == 0) CHECK(told == "event " + std::to_string(++expected));
    }
    CHECK(expected == store.last());
}

TEST_CASE("another stream is told and read as a snapshot", "[lib]") {
    PrivateBus bus;
    FakeStore store;
    store.add({.violation = {.id = 1}});
    auto manager = std::make_unique<FakeManager>(store);
    Subscriber subscriber(integrity::Start::now());
    subscriber.take_until(manager.get(), "verdict intact");
    manager.reset();
    CHECK(subscriber.take_until(nullptr, "verdict unknown") == Told{lost(EHOSTDOWN), "verdict unknown"});
    store.stream = "22222222-2222-2222-2222-222222222222";
    store.violations = {{.id = 1}};
    manager = std::make_unique<FakeManager>(store);
    CHECK(subscriber.take_until(manager.get(), "end 1") ==
          Told{"back", "stream 2", "verdict intact", "begin", "violation 1", "end 1"});

    store.stream = "33333333-3333-3333-3333-333333333333";  // while it runs
    manager->raise();
    CHECK(subscriber.take_until(manager.get(), "end 2") == Told{"stream 3", "begin", "violation 1", "end 2"});
}

TEST_CASE("a position of another stream, or beyond the end, becomes a snapshot", "[lib]") {
    PrivateBus bus;
    FakeStore store;
    store.add({.violation = {.id = 1}});
    FakeManager manager(store);
    Subscriber other(integrity::Start::after("99999999-0000-0000-0000-000000000000", 1));
    CHECK(other.take_until(&manager, "end 1") == Told{"stream 1", "verdict intact", "begin", "end 1"});
    Subscriber beyond(integrity::Start::after(store.stream, 2));
    CHECK(beyond.take_until(&manager, "end 1") == Told{"stream 1", "verdict intact", "begin", "end 1"});
}

TEST_CASE("a daemon that takes over is caught up with", "[lib]") {
    PrivateBus bus;
    FakeStore store;
    FakeManager first(store);
    Subscriber subscriber;
    subscriber.take_until(&first, "end 0");
    FakeManager second(store);
    store.add({.violation = {.id = 1}});
    subscriber.run_until(&second, "event 1");
    CHECK(subscriber.told.front() == lost(EHOSTDOWN));
}

TEST_CASE("a daemon that tells its status and refuses its pages is lost once, until it gives one", "[lib][REQ-37]") {
    PrivateBus bus;
    FakeStore store;
    store.add({.violation = {.id = 1}});
    FakeManager manager(store);
    bool busy = true;
    const std::string page = GENERATE("ListEvents", "ListViolations");
    manager.lie = [&](sd_bus_message* call, const std::string& member) -> sd_bus_message* {
        if (!busy || member != page) return nullptr;
        sd_bus_message* reply = nullptr;
        sd_bus_message_new_method_errorf(call, &reply, "org.cip_project.Integrity1.Error.Busy", "too many wait");
        return reply;
    };
    const bool events = page == "ListEvents";
    Subscriber subscriber(events ? integrity::Start::after("", 0) : integrity::Start{});
    subscriber.run(&manager, [&] { return manager.calls[page] == 3; });
    CHECK(manager.calls["GetAll"] == 3);
    const Told once = events ? Told{"verdict intact", lost(EBUSY), "verdict unknown"}
                             : Told{"verdict intact", "begin", lost(EBUSY), "verdict unknown"};
    CHECK(subscriber.told == once);
    subscriber.told.clear();
    busy = false;
    const Told back =
        events ? Told{"back", "verdict intact", "event 1"} : Told{"back", "verdict intact", "begin", "end 1"};
    CHECK(subscriber.take_until(&manager, back.back()) == back);
}

TEST_CASE("another stream is told after the return, though its first page was refused", "[lib]") {
    PrivateBus bus;
    FakeStore store;
    store.add({.violation = {.id = 1}});
    auto manager = std::make_unique<FakeManager>(store);
    Subscriber subscriber(integrity::Start::now());
    subscriber.take_until(manager.get(), "verdict intact");
    manager.reset();
    subscriber.take_until(nullptr, "verdict unknown");
    store.stream = "22222222-2222-2222-2222-222222222222";
    manager = std::make_unique<FakeManager>(store);
    manager->lie = [&](sd_bus_message* call, const std::string& member) -> sd_bus_message* {
        if (member != "ListViolations" || manager->calls[member] > 1) return nullptr;
        sd_bus_message* reply = nullptr;
        sd_bus_message_new_method_errorf(call, &reply, "org.cip_project.Integrity1.Error.Busy", "too many wait");
        return reply;
    };
    CHECK(subscriber.take_until(manager.get(), "end 1") ==
          Told{"back", "stream 2", "verdict intact", "begin", "end 1"});
}

TEST_CASE("a slow daemon does not hold process up, and is told as lost when its time is over", "[lib]") {
    PrivateBus bus;
    FakeStore store;
    FakeManager manager(store);
    manager.hang = true;
    Subscriber subscriber;
    subscriber.run(&manager, [&] { return manager.calls["GetAll"] == 1; });
    CHECK(subscriber.client.process() == 0);
    CHECK_FALSE(subscriber.client.wait(integrity::Duration::zero()));
    CHECK(subscriber.told.empty());

    Subscriber impatient;
    integrity_set_call_timeout(impatient.client.get(), 1000);
    CHECK(impatient.take_until(&manager, "verdict unknown") == Told{lost(ETIMEDOUT), "verdict unknown"});
    manager.hang = false;
    integrity_set_call_timeout(impatient.client.get(), 0);
    CHECK(impatient.take_until(&manager, "end 0") == Told{"back", "verdict intact", "begin", "end 0"});
}

TEST_CASE("a bus that hangs does not hold process up", "[lib]") {
    PrivateBus bus;
    FakeStore store;
    FakeManager manager(store);
    bus.signal(SIGSTOP);
    Subscriber subscriber;
    for (int i = 0; i < 100; ++i)
        CHECK(subscriber.client.process() == 0);
    CHECK(subscriber.told.empty());
    bus.signal(SIGCONT);
    subscriber.take_until(&manager, "end 0");
}

TEST_CASE("a connection of the caller's that an sd-event loop drives", "[lib]") {
    PrivateBus bus;
    FakeStore store;
    ServedManager daemon(store);
    sd_event* event = nullptr;
    sd_bus* connection = nullptr;
    REQUIRE(sd_event_new(&event) >= 0);
    REQUIRE(sd_bus_open_system(&connection) >= 0);
    REQUIRE(sd_bus_attach_event(connection, event, 0) >= 0);
    Told told;
    {
        integrity::Client client(connection);
        client.attach_event(event);
        client.subscribe([&](const integrity::Item& item) { told.push_back(describe(item)); });
        while (told.empty() || told.back() != "end 0")
            REQUIRE(sd_event_run(event, std::chrono::microseconds(failure_bound).count()) > 0);
        bus.stop();
        while (told.back() != "verdict unknown")
            REQUIRE(sd_event_run(event, std::chrono::microseconds(failure_bound).count()) > 0);
    }
    CHECK(told == Told{"verdict intact", "begin", "end 0", lost(ECONNRESET), "verdict unknown"});
    sd_bus_flush_close_unref(connection);
    sd_event_unref(event);
}

TEST_CASE("an sd-event loop drives a client over a restart of the bus, and ends with what the callback threw",
          "[lib]") {
    PrivateBus bus;
    FakeStore store;
    auto daemon = std::make_unique<ServedManager>(store);
    sd_event* event = nullptr;
    REQUIRE(sd_event_new(&event) >= 0);
    Told told;
    integrity::Client client;
    client.attach_event(event);
    client.subscribe([&](const integrity::Item& item) {
        told.push_back(describe(item));
        if (told.back() == "event 1") throw std::runtime_error("enough");
    });
    while (told.empty() || told.back() != "end 0")
        REQUIRE(sd_event_run(event, std::chrono::microseconds(failure_bound).count()) > 0);
    daemon.reset();
    bus.stop();
    bus.start();
    store.add({.violation = {.id = 1}});
    daemon = std::make_unique<ServedManager>(store);
    CHECK(sd_event_loop(event) == -ECANCELED);
    CHECK_THROWS_WITH(client.rethrow(), "enough");
    client.detach_event();
    sd_event_unref(event);
}

}  // namespace integrityd::test
