// What comes off the bus is not believed.
#include "subscriber.hpp"

namespace integrityd::test {

namespace {

sd_bus_message* reply_to(sd_bus_message* call) {
    sd_bus_message* reply = nullptr;
    sd_bus_message_new_method_return(call, &reply);
    return reply;
}

using Lie = std::function<void(sd_bus_message*)>;

// Answers `member` with what `write` writes, as long as `lying`.
void lie_about(FakeManager& manager, const std::string& member, const bool& lying, Lie write) {
    manager.lie = [&lying, member, write = std::move(write)](sd_bus_message* call, const std::string& asked) {
        if (!lying || asked != member) return static_cast<sd_bus_message*>(nullptr);
        sd_bus_message* reply = reply_to(call);
        write(reply);
        return reply;
    };
}

void append_events(sd_bus_message* reply, const std::vector<FakeEvent>& events, std::uint64_t pruned) {
    sd_bus_message_open_container(reply, 'a', "(tttss(tsssssttua{sv})a{sv}s)");
    for (const auto& event : events)
        append_event(reply, event, "11111111-1111-1111-1111-111111111111");
    sd_bus_message_close_container(reply);
    sd_bus_message_append(reply, "ts", pruned, "11111111-1111-1111-1111-111111111111");
}

struct Case {
    const char* name;
    Lie write;
    Told events = {"event 1", "event 2", "event 3"};  // those told in the end
};

std::vector<FakeEvent> numbered(std::initializer_list<std::uint64_t> sequences) {
    std::vector<FakeEvent> events;
    for (const auto sequence : sequences)
        events.push_back({.sequence = sequence});
    return events;
}

}  // namespace

TEST_CASE("lists of events that cannot be are a loss of monitoring, never events", "[lib][REQ-37]") {
    const std::vector<Case> cases = {
        {"another signature", [](sd_bus_message* m) { sd_bus_message_append(m, "s", "events"); }},
        {"nothing", [](sd_bus_message*) {}},
        {"a hole",
         [](sd_bus_message* m) {
             append_events(m, numbered({2, 3}), 0);
         }},
        {"going back",
         [](sd_bus_message* m) {
             append_events(m, numbered({1, 0}), 0);
         }},
        {"twice",
         [](sd_bus_message* m) {
             append_events(m, numbered({1, 1}), 0);
         }},
        {"more pruned than there can be", [](sd_bus_message* m) { append_events(m, numbered({1}), UINT64_MAX); }},
        {"everything pruned, and more than there was", [](sd_bus_message* m) { append_events(m, {}, 4); }},
        {"huge details",
         [](sd_bus_message* m) {
             sd_bus_message_open_container(m, 'a', "(tttss(tsssssttua{sv})a{sv}s)");
             sd_bus_message_open_container(m, 'r', "tttss(tsssssttua{sv})a{sv}s");
             sd_bus_message_append(m, "tttss(tsssssttua{sv})", std::uint64_t{1}, std::uint64_t{0}, std::uint64_t{0}, "",
                                   "notice", std::uint64_t{0}, "", "", "", "", "", std::uint64_t{0}, std::uint64_t{0},
                                   0U, 0);
             const std::string huge(6 * 1024 * 1024, 'x');
             sd_bus_message_append(m, "a{sv}s", 1, "x", "s", huge.c_str(), "");
             sd_bus_message_close_container(m);
             sd_bus_message_close_container(m);
             sd_bus_message_append(m, "ts", std::uint64_t{0}, "11111111-1111-1111-1111-111111111111");
         }},
    };
    PrivateBus bus;
    for (const auto& one : cases) {
        INFO(one.name);
        FakeStore store;
        for (int i = 0; i < 3; ++i)
            store.add({.violation = {.id = 1}});
        FakeManager manager(store);
        bool lying = true;
        lie_about(manager, "ListEvents", lying, one.write);
        Subscriber subscriber(integrity::Start::after(store.stream, 0));
        subscriber.run_until(&manager, "verdict unknown");
        const auto is_loss = [](const std::string& told) { return told.rfind("lost ", 0) == 0; };
        CHECK(std::any_of(subscriber.told.begin(), subscriber.told.end(), is_loss));
        lying = false;
        subscriber.run_until(&manager, "event 3");
        std::vector<std::string> events;
        std::copy_if(subscriber.told.begin(), subscriber.told.end(), std::back_inserter(events),
                     [](const std::string& told) { return told.rfind("event ", 0) == 0; });
        // Of a list that goes wrong in the middle the good beginning was told; nothing is told twice or left out.
        CHECK((events == one.events));
    }
}

TEST_CASE("a status or a snapshot that cannot be is a loss of monitoring", "[lib][REQ-37]") {
    const std::vector<std::pair<std::string, Lie>> cases = {
        {"GetAll", [](sd_bus_message* m) { sd_bus_message_append(m, "a{sv}", 0); }},
        {"GetAll", [](sd_bus_message* m) { sd_bus_message_append(m, "u", 1U); }},
        {"GetAll",
         [](sd_bus_message* m) {
             sd_bus_message_append(m, "a{sv}", 3, "State", "s", "intact", "LastSequence", "t", std::uint64_t{1},
                                   "StreamId", "s", std::string(100, 'x').c_str());
         }},
        {"ListViolations", [](sd_bus_message* m) { sd_bus_message_append(m, "t", std::uint64_t{1}); }},
        {"ListViolations",
         [](sd_bus_message* m) {
             sd_bus_message_open_container(m, 'a', "(tsssssttua{sv})");
             append_violation(m, {.id = 2});
             append_violation(m, {.id = 2});  // would be asked for for ever
             sd_bus_message_close_container(m);
             sd_bus_message_append(m, "t", std::uint64_t{0});
         }},
    };
    PrivateBus bus;
    for (const auto& [member, write] : cases) {
        FakeStore store;
        FakeManager manager(store);
        bool lying = true;
        lie_about(manager, member, lying, write);
        Subscriber subscriber;
        subscriber.run_until(&manager, lost(EBADMSG));
        lying = false;
        subscriber.run_until(&manager, "end 0");
    }
}

TEST_CASE("a signal of a stranger is not believed, whatever it is addressed to", "[lib][REQ-37]") {
    PrivateBus bus;
    FakeStore store;
    FakeManager manager(store);
    sd_bus* own = nullptr;
    REQUIRE(sd_bus_open_system(&own) >= 0);
    const char* address = nullptr;
    REQUIRE(sd_bus_get_unique_name(own, &address) >= 0);
    Told told;
    integrity::Client client(own);
    client.subscribe([&](const integrity::Item& item) { told.push_back(describe(item)); }, {}, integrity::Start::now());
    while (told.empty()) {
        client.process();
        manager.dispatch();
    }
    FakeStore forged;
    FakeManager stranger(forged, false);
    stranger.signal({.sequence = 1, .violation = {.id = 666}}, address);
    stranger.signal({.sequence = 1, .violation = {.id = 666}});
    forged.state = "violated";
    stranger.signal_state();
    sd_bus_flush(stranger.bus());
    manager.raise();
    while (told.size() < 2) {
        client.process();
        manager.dispatch();
    }
    CHECK(told == Told{"verdict intact", "event 1"});
    CHECK(manager.calls["ListEvents"] == 0);
    sd_bus_flush_close_unref(own);
}

TEST_CASE("a signal that promises events which are not there is asked about once", "[lib]") {
    PrivateBus bus;
    FakeStore store;
    FakeManager manager(store);
    Subscriber subscriber(integrity::Start::now());
    subscriber.run_until(&manager, "verdict intact");
    manager.signal({.sequence = UINT64_MAX});
    subscriber.run(&manager, [&] { return manager.calls["ListEvents"] == 1; });
    manager.raise();
    CHECK(subscriber.take_until(&manager, "event 1") == Told{"verdict intact", "event 1"});
    CHECK(manager.calls["ListEvents"] <= 2);
}

TEST_CASE("a daemon whose answers are of different streams is not followed in circles", "[lib]") {
    PrivateBus bus;
    FakeStore store;
    store.add({.violation = {.id = 1}});
    FakeManager manager(store);
    bool lying = true;
    lie_about(manager, "ListEvents", lying, [](sd_bus_message* m) {
        sd_bus_message_open_container(m, 'a', "(tttss(tsssssttua{sv})a{sv}s)");
        sd_bus_message_close_container(m);
        sd_bus_message_append(m, "ts", std::uint64_t{0}, "another");
    });
    Subscriber subscriber(integrity::Start::after(store.stream, 0));
    subscriber.run_until(&manager, lost(EBADMSG));
    CHECK(manager.calls["ListEvents"] == 4);
    lying = false;
    subscriber.run_until(&manager, "event 1");
}

TEST_CASE("a refusal is told with its reason", "[lib]") {
    PrivateBus bus;
    FakeStore store;
    FakeManager manager(store);
    manager.lie = [](sd_bus_message* call, const std::string&) {
        sd_bus_message* reply = nullptr;
        sd_bus_message_new_method_errorf(call, &reply, "org.cip_project.Integrity1.Error.NotAuthorized", "not you");
        return reply;
    };
    Subscriber subscriber;
    subscriber.run_until(&manager, lost(EACCES));
}

}  // namespace integrityd::test
