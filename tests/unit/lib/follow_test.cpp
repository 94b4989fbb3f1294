// The way of events to a subscriber while nothing breaks.
#include "subscriber.hpp"

namespace integrityd::test {

namespace {

FakeStore store_with(unsigned events) {
    FakeStore store;
    for (unsigned i = 0; i < events; ++i)
        store.add({.violation = {.id = i + 1}});
    return store;
}

}  // namespace

TEST_CASE("a subscriber gets a snapshot and then every event", "[lib]") {
    PrivateBus bus;
    FakeStore store = store_with(5);
    store.violations = {{.id = 2}, {.id = 4}};
    FakeManager manager(store);
    Subscriber subscriber;
    CHECK(subscriber.take_until(&manager, "end 5") ==
          Told{"verdict intact", "begin", "violation 2", "violation 4", "end 5"});
    manager.raise();
    manager.raise({.type = "verdict", .violation = {}, .verdict = "violated"});
    CHECK(subscriber.take_until(&manager, "verdict violated") == Told{"event 6", "event 7", "verdict violated"});
    CHECK(subscriber.client.position()->sequence == 7);
    CHECK(subscriber.client.position()->stream == store.stream);
}

TEST_CASE("a snapshot of many pages is told in order", "[lib]") {
    PrivateBus bus;
    FakeStore store = store_with(3);
    store.page = 10;
    for (std::uint64_t id = 1; id <= 35; ++id)
        store.violations.push_back({.id = id});
    FakeManager manager(store);
    Subscriber subscriber;
    const Told told = subscriber.take_until(&manager, "end 3");
    REQUIRE(told.size() == 38);
    for (std::size_t id = 1; id <= 35; ++id)
        CHECK(told[id + 1] == "violation " + std::to_string(id));
    CHECK(manager.calls["ListViolations"] == 5);
}

TEST_CASE("what happens between two pages of a snapshot follows as events", "[lib]") {
    PrivateBus bus;
    FakeStore store = store_with(1);
    store.page = 1;
    store.violations = {{.id = 1}, {.id = 2}};
    FakeManager manager(store);
    manager.lie = [&](sd_bus_message*, const std::string& member) -> sd_bus_message* {
        if (member == "ListViolations" && manager.calls[member] == 2) manager.raise();
        return nullptr;
    };
    Subscriber subscriber;
    CHECK(subscriber.take_until(&manager, "event 2") ==
          Told{"verdict intact", "begin", "violation 1", "violation 2", "end 1", "event 2"});
}

TEST_CASE("from now on, nothing of before is told", "[lib]") {
    PrivateBus bus;
    FakeStore store = store_with(5);
    store.violations = {{.id = 2}};
    FakeManager manager(store);
    Subscriber subscriber(integrity::Start::now());
    subscriber.run_until(&manager, "verdict intact");
    manager.raise();
    CHECK(subscriber.take_until(&manager, "event 6") == Told{"verdict intact", "event 6"});
}

TEST_CASE("a client that kept its position misses nothing", "[lib][REQ-7]") {
    PrivateBus bus;
    FakeStore store = store_with(700);
    FakeManager manager(store);
    Subscriber subscriber(integrity::Start::after(store.stream, 2));
    const Told told = subscriber.take_until(&manager, "event 700");
    REQUIRE(told.size() == 699);
    CHECK(told[1] == "event 3");
    CHECK(manager.calls["ListEvents"] == 3);
}

TEST_CASE("events that were pruned are told as a gap with their exact number", "[lib][REQ-7]") {
    PrivateBus bus;
    FakeStore store = store_with(9);
    store.pruned = 6;
    FakeManager manager(store);
    Subscriber subscriber(integrity::Start::after(store.stream, 2));
    CHECK(subscriber.take_until(&manager, "event 9") ==
          Told{"verdict intact", "gap 4 to 6", "event 7", "event 8", "event 9"});
}

TEST_CASE("signals that are lost, doubled or out of order change nothing", "[lib][REQ-7]") {
    PrivateBus bus;
    FakeStore store = store_with(1);
    FakeManager manager(store);
    Subscriber subscriber(integrity::Start::now());
    manager.signal(store.events[0]);
    subscriber.run_until(&manager, "verdict intact");
    for (unsigned i = 2; i <= 5; ++i)
        store.add({.violation = {.id = i}});
    manager.signal(store.events[4]);  // 5 before 3, 2 never
    manager.signal(store.events[2]);
    manager.signal(store.events[4]);
    subscriber.run_until(&manager, "event 5");
    manager.raise();
    CHECK(subscriber.take_until(&manager, "event 6") ==
          Told{"verdict intact", "event 2", "event 3", "event 4", "event 5", "event 6"});
}

TEST_CASE("what the filter holds back still advances the sequence", "[lib][REQ-7]") {
    PrivateBus bus;
    FakeStore store;
    store.add({.violation = {.id = 1, .severity = "low"}});
    store.violations = {{.id = 1, .severity = "low"}, {.id = 9, .severity = "critical", .source = "boot"}};
    FakeManager manager(store);
    Subscriber subscriber({}, {.severity = INTEGRITY_HIGH, .sources = {"aide", "boot"}, .kinds = {}, .state = {}});
    CHECK(subscriber.take_until(&manager, "end 1") == Told{"verdict intact", "begin", "violation 9", "end 1"});
    manager.raise({.violation = {.id = 2, .severity = "medium"}});
    manager.raise({.violation = {.id = 3, .severity = "high", .source = "tls"}});
    manager.raise({.type = "verdict", .violation = {}, .verdict = "violated"});
    manager.raise({.violation = {.id = 4, .severity = "record"}});
    manager.raise({.violation = {.id = 5, .severity = "unheard-of"}});
    CHECK(subscriber.take_until(&manager, "event 6") == Told{"verdict violated", "event 6"});
    CHECK(subscriber.client.position()->sequence == 6);
}

TEST_CASE("the change that makes a violation too light for the filter is told", "[lib]") {
    PrivateBus bus;
    FakeStore store;
    FakeManager manager(store);
    Subscriber subscriber({}, {.severity = INTEGRITY_HIGH, .sources = {"aide"}, .kinds = {}, .state = {}});
    subscriber.take_until(&manager, "end 0");
    const FakeViolation lighter{.id = 1, .severity = "low"};
    manager.raise({.type = "changed", .violation = lighter, .old_severity = "medium"});
    manager.raise({.type = "changed", .violation = lighter, .old_severity = "critical"});
    manager.raise(
        {.type = "changed", .violation = {.id = 2, .severity = "low", .source = "tls"}, .old_severity = "high"});
    manager.raise({.type = "resolved", .violation = lighter});
    manager.raise();
    CHECK(subscriber.take_until(&manager, "event 5") == Told{"event 2", "event 5"});
}

TEST_CASE("process tells at most as many items as asked, and says that there is more", "[lib]") {
    PrivateBus bus;
    FakeStore store = store_with(20);
    FakeManager manager(store);
    Subscriber subscriber(integrity::Start::after(store.stream, 0));
    subscriber.max_events = 1;
    subscriber.run_until(&manager, "event 3");
    CHECK(subscriber.told.size() == 4);
    CHECK(subscriber.client.timeout() == 0);
    CHECK(subscriber.client.process(5) == 5);
    CHECK(subscriber.told.back() == "event 8");
}

TEST_CASE("the verdict of a daemon whose disk is full is told without an event", "[lib]") {
    PrivateBus bus;
    FakeStore store = store_with(1);
    FakeManager manager(store);
    Subscriber subscriber(integrity::Start::now());
    subscriber.run_until(&manager, "verdict intact");
    store.state = "violated";
    manager.signal_state();
    CHECK(subscriber.take_until(&manager, "verdict violated") == Told{"verdict intact", "verdict violated"});
}

TEST_CASE("an exception that leaves the callback comes out of process, and the next item follows", "[lib]") {
    PrivateBus bus;
    FakeStore store = store_with(2);
    FakeManager manager(store);
    Told told;
    Subscriber pump(integrity::Start::now());
    pump.client.unsubscribe();
    pump.client.subscribe(
        [&](const integrity::Item& item) {
            told.push_back(describe(item));
            if (told.size() == 2) throw std::runtime_error("no");
        },
        {}, integrity::Start::after(store.stream, 0));
    CHECK_THROWS_WITH(pump.run(&manager, [&] { return told.size() == 3; }), "no");
    pump.run(&manager, [&] { return told.size() == 3; });
    CHECK(told == Told{"verdict intact", "event 1", "event 2"});
}

TEST_CASE("a callback may end its subscription and begin another", "[lib]") {
    struct Life {
        bool& there;
        explicit Life(bool& flag) : there(flag) { there = true; }
        ~Life() { there = false; }
    };
    PrivateBus bus;
    FakeStore store = store_with(2);
    FakeManager manager(store);
    Subscriber second;
    second.client.unsubscribe();
    bool there = false;
    bool there_after = false;
    const auto begin_another = [&] {
        second.client.unsubscribe();
        second.subscribe(integrity::Start::after(store.stream, 1));
        there_after = there;
    };
    second.client.subscribe(
        [&begin_another, life = std::make_shared<Life>(there)](const integrity::Item&) { begin_another(); }, {},
        integrity::Start::now());
    CHECK(second.take_until(&manager, "event 2") == Told{"verdict intact", "event 2"});
    CHECK(there_after);  // the callback was not destroyed while it ran
    CHECK_FALSE(there);
}

TEST_CASE("a subscription goes on when another is refused", "[lib]") {
    PrivateBus bus;
    FakeStore store = store_with(1);
    FakeManager manager(store);
    Subscriber subscriber(integrity::Start::after(store.stream, 0));
    CHECK_THROWS_AS(subscriber.client.subscribe([](const integrity::Item&) { FAIL("it was refused"); }),
                    integrity::Error);
    CHECK(subscriber.take_until(&manager, "event 1") == Told{"verdict intact", "event 1"});
}

TEST_CASE("a callback may close its client", "[lib]") {
    PrivateBus bus;
    FakeStore store = store_with(2);
    FakeManager manager(store);
    integrity_client* client = nullptr;
    REQUIRE(integrity_open(&client) == 0);
    const auto close = [](integrity_client* own, const integrity_item*, void* called) {
        *static_cast<bool*>(called) = true;
        integrity_close(own);
        return 0;
    };
    bool called = false;
    REQUIRE(integrity_subscribe(client, INTEGRITY_NOW, nullptr, 0, nullptr, close, &called) == 0);
    int r = 0;
    while (!called) {
        r = integrity_process(client, 0);
        if (!called) manager.dispatch();
    }
    CHECK(r == -ECANCELED);
}

TEST_CASE("what a callback answers comes back, also what the library itself means otherwise", "[lib]") {
    PrivateBus bus;
    FakeStore store = store_with(2);
    FakeManager manager(store);
    integrity_client* client = nullptr;
    REQUIRE(integrity_open(&client) == 0);
    const auto stop = [](integrity_client*, const integrity_item*, void* called) {
        *static_cast<bool*>(called) = true;
        return -EAGAIN;
    };
    bool called = false;
    REQUIRE(integrity_subscribe(client, INTEGRITY_NOW, nullptr, 0, nullptr, stop, &called) == 0);
    int r = 0;
    while (!called) {
        r = integrity_process(client, 0);
        if (!called) manager.dispatch();
    }
    CHECK(r == -EAGAIN);
    integrity_close(client);
}

}  // namespace integrityd::test
