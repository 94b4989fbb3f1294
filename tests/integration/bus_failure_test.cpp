// What must not end or hold up the daemon: a lost bus, a broken handler, a flood.
#include <algorithm>
#include <array>
#include <csignal>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include <catch2/catch.hpp>
#include <systemd/sd-bus.h>

#include "support/bus_rig.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

int note_sequence(sd_bus_message* message, void* seen, sd_bus_error*) {
    std::uint64_t sequence = 0;
    sd_bus_message_enter_container(message, 'r', "tttss(tsssssttua{sv})a{sv}s");
    sd_bus_message_read(message, "t", &sequence);
    static_cast<std::vector<std::uint64_t>*>(seen)->push_back(sequence);
    return 0;
}

// Subscribes and tells the sequences of the first `count` events.
BusClient::Work follow(std::size_t count) {
    return [count](BusClient::Side& side) {
        std::vector<std::uint64_t> seen;
        sd_bus* bus = side.bus();
        sd_bus_match_signal(bus, nullptr, "org.cip_project.Integrity1", nullptr, nullptr, "EventAdded", &note_sequence,
                            &seen);
        side.ready();
        while (seen.size() < count) {
            if (sd_bus_process(bus, nullptr) == 0) sd_bus_wait(bus, UINT64_MAX);
        }
        std::string text;
        for (const std::uint64_t sequence : seen)
            text += std::to_string(sequence) + " ";
        return text;
    };
}

int count_reply(sd_bus_message* reply, void* counts, sd_bus_error*) {
    auto& [ok, refused] = *static_cast<std::pair<int, int>*>(counts);
    ++(sd_bus_message_is_method_error(reply, nullptr) > 0 ? refused : ok);
    return 0;
}

// Sends `count` calls without waiting and tells how many of them were answered at all.
BusClient::Work flood(int count) {
    return [count](BusClient::Side& side) {
        std::pair<int, int> counts;
        sd_bus* bus = side.bus();
        for (int call = 0; call < count; ++call) {
            sd_bus_call_method_async(bus, nullptr, "org.cip_project.Integrity1", "/org/cip_project/Integrity1",
                                     "org.cip_project.Integrity1.Manager", "GetViolation", &count_reply, &counts, "t",
                                     UINT64_C(1));
        }
        while (counts.first + counts.second < count) {
            if (sd_bus_process(bus, nullptr) == 0) sd_bus_wait(bus, UINT64_MAX);
        }
        return std::string(counts.first > 0 ? "served, all answered" : "never served");
    };
}

std::string get_violation(BusClient::Side& side) {
    return call_manager(side.bus(), "GetViolation", "t", UINT64_C(1));
}

std::string list_events(BusClient::Side& side) {
    return call_manager(side.bus(), "ListEvents", "tu", UINT64_C(0), 0U);
}

std::string get_state(BusClient::Side& side) {
    sd_bus_error error{};
    char* state = nullptr;
    const int got = sd_bus_get_property_string(side.bus(), "org.cip_project.Integrity1", "/org/cip_project/Integrity1",
                                               "org.cip_project.Integrity1.Manager", "State", &error, &state);
    std::string said = got >= 0 ? state : short_error(error.name);
    std::free(state);
    sd_bus_error_free(&error);
    return said;
}

}  // namespace

TEST_CASE("A handler that throws anything is answered with an error and ends nothing", "[bus][REQ-32][REQ-29]") {
    BusRig rig;
    rig.service.broken = true;
    CHECK(as(rig.loop, std::nullopt, get_violation) == "Internal");  // throws an int
    CHECK(as(rig.loop, std::nullopt, list_events) == "Internal");    // throws a std::runtime_error
    CHECK(as(rig.loop, std::nullopt, get_state) == "Internal");      // a property
    rig.bus_service.refresh();

    rig.service.broken = false;
    CHECK(as(rig.loop, std::nullopt, get_violation) == "ok");
    CHECK(rig.bus_service.up());
}

TEST_CASE("A flood of calls is answered, and others are served meanwhile", "[bus][REQ-31][REQ-32]") {
    BusRig rig;
    BusClient flooding(rig.loop, std::nullopt, flood(2000));
    CHECK(as(rig.loop, std::nullopt, get_violation) == "ok");
    CHECK(flooding.result() == "served, all answered");
    CHECK(rig.bus_service.up());
}

TEST_CASE("Answers that the bus does not take are refused before they fill the memory", "[bus][REQ-31][REQ-32]") {
    constexpr int calls = 200;
    BusRig rig;
    for (auto& event : rig.service.events)
        event.data["text"] = std::string(450'000, 'x');
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const UniqueFd stopped(ends[0]);
    const UniqueFd stop(ends[1]);
    // The daemon is at a call until the bus, which has all the others for it, is stopped.
    char byte = 0;
    rig.service.at_get = [&] { (void)!::read(stopped.get(), &byte, 1); };
    BusClient client(rig.loop, std::nullopt, [&](BusClient::Side& side) {
        sd_bus* bus = side.bus();
        std::pair<int, int> counts;
        const auto call = [&](const char* method, const char* types, auto... arguments) {
            sd_bus_call_method_async(bus, nullptr, "org.cip_project.Integrity1", "/org/cip_project/Integrity1",
                                     "org.cip_project.Integrity1.Manager", method, &count_reply, &counts, types,
                                     arguments...);
        };
        call("GetViolation", "t", UINT64_C(1));
        for (int i = 0; i < calls; ++i)
            call("ListEvents", "tu", UINT64_C(0), 0U);
        // Answered by the bus itself, after it has read what was sent before.
        sd_bus_call_method(bus, "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetId", nullptr, nullptr, "");
        rig.bus.signal(SIGSTOP);
        (void)!::write(stop.get(), "s", 1);
        while (counts.first + counts.second < calls + 1) {
            if (sd_bus_process(bus, nullptr) == 0) sd_bus_wait(bus, UINT64_MAX);
        }
        return std::string(counts.first > 0 ? "all answered" : "none served");
    });
    REQUIRE(run_until(rig.loop, [&] { return byte != 0; }));
    for (int turn = 0; turn < 2 * calls; ++turn)
        rig.loop.run_once(std::chrono::microseconds(0));
    const auto lists = std::ranges::count_if(rig.service.asked,
                                             [](const std::string& asked) { return asked.rfind("events", 0) == 0; });
    CHECK(lists <= 40);  // the socket itself holds up to 16 MiB, for which sd-bus asks

    rig.bus.signal(SIGCONT);
    CHECK(client.result() == "all answered");
    CHECK(rig.bus_service.up());
}

TEST_CASE("When the bus is killed the daemon goes on, and is back when the bus is", "[bus][REQ-33]") {
    BusRig rig;
    rig.bus.stop();
    REQUIRE(run_until(rig.loop, [&] { return !rig.bus_service.up(); }));
    const auto refused = rig.bus_service.publish(event_of(10));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ENOTCONN);
    rig.bus_service.refresh();

    rig.bus.start();
    rig.wait_up();
    CHECK(rig.told == std::vector<bool>{true, false, true});
    BusClient subscriber(rig.loop, std::nullopt, follow(2));
    subscriber.wait_ready();
    REQUIRE(rig.bus_service.publish(event_of(10)));
    REQUIRE(rig.bus_service.publish(event_of(11)));
    CHECK(subscriber.result() == "10 11 ");
    CHECK(as(rig.loop, std::nullopt, get_violation) == "ok");
}

TEST_CASE("An answer that comes after the bus was lost reaches nobody and harms nothing", "[bus][REQ-33]") {
    BusRig rig;
    const BusClient client(rig.loop, std::nullopt, [](BusClient::Side& side) {
        return call_manager(side.bus(), "AcceptBaseline", "ssats", "aide", "d1", 0, "");
    });
    REQUIRE(run_until(rig.loop, [&] { return !rig.service.accepting.empty(); }));
    rig.bus.stop();
    REQUIRE(run_until(rig.loop, [&] { return !rig.bus_service.up(); }));
    rig.service.accepting.front()(1U);
    rig.service.accepting.clear();

    rig.bus.start();
    rig.wait_up();
    CHECK(as(rig.loop, std::nullopt, get_violation) == "ok");
}

TEST_CASE("Without a bus at start the daemon comes up, and is on the bus as soon as there is one", "[bus][REQ-33]") {
    BusRig rig(false);
    rig.bus.stop();
    rig.bus_service.start();
    REQUIRE(run_until(rig.loop, [&] { return rig.told == std::vector<bool>{false}; }));
    CHECK(rig.bus_service.publish(event_of(1)).error().code == ENOTCONN);
    rig.bus.start();
    rig.wait_up();
    CHECK(as(rig.loop, std::nullopt, get_violation) == "ok");
}

TEST_CASE("While another process has the name the daemon waits for it", "[bus][REQ-33]") {
    BusRig rig(false);
    BusClient owner(rig.loop, std::nullopt, [](BusClient::Side& side) {
        const int owned = sd_bus_request_name(side.bus(), "org.cip_project.Integrity1", 0);
        side.ready();
        side.wait_go();
        return std::string(owned >= 0 ? "owned" : "not owned");
    });
    owner.wait_ready();
    rig.bus_service.start();
    REQUIRE(run_until(rig.loop, [&] { return rig.told == std::vector<bool>{false}; }));
    owner.go();
    CHECK(owner.result() == "owned");
    rig.wait_up();
    CHECK(rig.told == std::vector<bool>{false, true});
}

TEST_CASE("A bus that takes the connection and says nothing holds up nobody", "[bus][REQ-32][REQ-35]") {
    const TemporaryDirectory directory;
    const std::string path = directory / "bus";
    UniqueFd listening(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), std::begin(address.sun_path));
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the form of the system call
    REQUIRE(::bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listening.get(), 4) == 0);
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", ("unix:path=" + path).c_str(), 1);
    {
        SdEventLoop loop;
        FakeService service;
        const auto worker = make_thread_worker(loop);
        BusSettings settings;
        settings.lookup = &test_group;
        BusService bus_service(loop, *worker, service, std::move(settings));
        bus_service.start();
        UniqueFd connected(::accept(listening.get(), nullptr, nullptr));
        REQUIRE(connected);

        bool turned = false;
        loop.post([&] { turned = true; });
        CHECK(run_until(loop, [&] { return turned; }));
        CHECK_FALSE(bus_service.up());
        // Lets the worker's thread end.
        listening.reset();
        connected.reset();
    }
    ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
}

namespace {

std::uint64_t microseconds_now() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

int note_delay(sd_bus_message* message, void* delays, sd_bus_error*) {
    std::uint64_t sequence = 0;
    std::uint64_t sent = 0;
    sd_bus_message_enter_container(message, 'r', "tttss(tsssssttua{sv})a{sv}s");
    sd_bus_message_read(message, "tt", &sequence, &sent);
    static_cast<std::vector<std::uint64_t>*>(delays)->push_back(microseconds_now() - sent);
    return 0;
}

}  // namespace

// Hidden: prints a figure, judges nothing. `integration-bus "[bench]"`
TEST_CASE("How long an event takes from publish() to a subscriber", "[.][bench]") {
    constexpr std::size_t kEvents = 5000;
    BusRig rig;
    BusClient subscriber(rig.loop, std::nullopt, [](BusClient::Side& side) {
        std::vector<std::uint64_t> delays;
        sd_bus* bus = side.bus();
        sd_bus_match_signal(bus, nullptr, "org.cip_project.Integrity1", nullptr, nullptr, "EventAdded", &note_delay,
                            &delays);
        while (delays.size() < kEvents) {
            const std::size_t before = delays.size();
            side.ready();
            while (delays.size() == before) {
                if (sd_bus_process(bus, nullptr) == 0) sd_bus_wait(bus, UINT64_MAX);
            }
        }
        std::sort(delays.begin(), delays.end());
        return "p50 " + std::to_string(delays[kEvents / 2]) + " us, p99 " + std::to_string(delays[kEvents * 99 / 100]) +
               " us, max " + std::to_string(delays.back()) + " us";
    });
    for (std::uint64_t sequence = 1; sequence <= kEvents; ++sequence) {
        subscriber.wait_ready();
        Event event = event_of(sequence);
        event.time = microseconds_now();
        REQUIRE(rig.bus_service.publish(event));
    }
    WARN(subscriber.result());
}
