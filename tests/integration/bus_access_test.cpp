// Who may what, with the real policy file and other users.
#include <catch2/catch.hpp>
#include <systemd/sd-bus.h>

#include "support/bus_rig.hpp"
#include "support/skip.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

constexpr auto kName = "org.cip_project.Integrity1";

bool can_be_others() {
    const std::string reason = why_no_identities();
    return skip_unless(reason.empty(), reason);
}

// One method of each role, and a property.
std::string try_all(BusClient::Side& side) {
    sd_bus* bus = side.bus();
    sd_bus_error error{};
    char* state = nullptr;
    const int got = sd_bus_get_property_string(bus, kName, "/org/cip_project/Integrity1",
                                               "org.cip_project.Integrity1.Manager", "State", &error, &state);
    std::string seen = "State=" + (got >= 0 ? std::string(state) : short_error(error.name));
    std::free(state);
    sd_bus_error_free(&error);
    seen += " Get=" + call_manager(bus, "GetViolation", "t", UINT64_C(1));
    seen += " Report=" + call_manager(bus, "GetReport", "s", "watchers");
    seen += " Export=" + call_manager(bus, "ExportEvents", "tu", UINT64_C(0), 0U);
    seen += " Verify=" + call_manager(bus, "VerifyEvents");
    seen += " Acknowledge=" + call_manager(bus, "Acknowledge", "ats", 1, UINT64_C(1), "");
    seen += " Check=" + call_manager(bus, "Check", "s", "");
    seen += " Test=" + call_manager(bus, "TestRecipient", "s", "journal");
    return seen;
}

// Whether GetViolation shows who did it.
std::string sees_actor(BusClient::Side& side) {
    sd_bus_message* reply = nullptr;
    if (sd_bus_call_method(side.bus(), kName, "/org/cip_project/Integrity1", "org.cip_project.Integrity1.Manager",
                           "GetViolation", nullptr, &reply, "t", UINT64_C(1)) < 0)
        return "refused";
    std::string names;
    sd_bus_message_enter_container(reply, 'r', "tsssssttua{sv}");
    sd_bus_message_skip(reply, "tsssssttu");
    sd_bus_message_enter_container(reply, 'a', "{sv}");
    while (sd_bus_message_enter_container(reply, 'e', "sv") > 0) {
        const char* name = nullptr;
        sd_bus_message_read(reply, "s", &name);
        names += std::string(name) + " ";
        sd_bus_message_skip(reply, "v");
        sd_bus_message_exit_container(reply);
    }
    sd_bus_message_unref(reply);
    return names;
}

int count_signal(sd_bus_message*, void* count, sd_bus_error*) {
    ++*static_cast<int*>(count);
    return 0;
}

// Subscribes to everything the daemon says; after go() tells how much came.
std::string count_signals(BusClient::Side& side) {
    int count = 0;
    sd_bus* bus = side.bus();
    if (sd_bus_add_match(bus, nullptr, "type='signal',sender='org.cip_project.Integrity1'", &count_signal, &count) < 0)
        return "cannot subscribe";
    side.ready();
    side.wait_go();
    // The bus delivers in order: what it had for us came before this answer.
    sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId", nullptr,
                       nullptr, "");
    while (sd_bus_process(bus, nullptr) > 0) {
    }
    return std::to_string(count);
}

// Follows until one signal came.
std::string wait_for_signal(BusClient::Side& side) {
    int count = 0;
    sd_bus* bus = side.bus();
    sd_bus_match_signal(bus, nullptr, kName, nullptr, nullptr, "EventAdded", &count_signal, &count);
    side.ready();
    while (count == 0) {
        if (sd_bus_process(bus, nullptr) == 0) sd_bus_wait(bus, UINT64_MAX);
    }
    return "came";
}

std::string own_name(BusClient::Side& side) {
    const int result = sd_bus_request_name(side.bus(), kName, SD_BUS_NAME_REPLACE_EXISTING);
    return result >= 0 ? "owned" : std::to_string(-result);
}

int count_reply(sd_bus_message* reply, void* counts, sd_bus_error* /*error*/) {
    auto& [ok, refused] = *static_cast<std::pair<int, int>*>(counts);
    ++(sd_bus_message_is_method_error(reply, nullptr) > 0 ? refused : ok);
    return 0;
}

// Asks `count` times without waiting for what is answered late; tells how many of them were, of how many.
BusClient::Work ask_for_differences(int count) {
    return [count](BusClient::Side& side) {
        std::pair<int, int> counts;
        sd_bus* bus = side.bus();
        for (int call = 0; call < count; ++call) {
            sd_bus_call_method_async(bus, nullptr, kName, "/org/cip_project/Integrity1",
                                     "org.cip_project.Integrity1.Manager", "DiffBaseline", &count_reply, &counts, "s",
                                     "aide");
        }
        while (counts.first + counts.second < count) {
            if (sd_bus_process(bus, nullptr) == 0) sd_bus_wait(bus, UINT64_MAX);
        }
        return std::to_string(counts.first);
    };
}

}  // namespace

TEST_CASE("An ordinary user is refused every method and property", "[bus][REQ-25]") {
    if (!can_be_others()) return;
    BusRig rig;
    CHECK(as(rig.loop, kStranger, try_all) ==
          "State=AccessDenied Get=AccessDenied Report=AccessDenied Export=AccessDenied Verify=AccessDenied "
          "Acknowledge=AccessDenied Check=AccessDenied Test=AccessDenied");
    CHECK(rig.service.asked.empty());
}

TEST_CASE("An ordinary user receives no signal that a reader receives", "[bus][REQ-25]") {
    if (!can_be_others()) return;
    BusRig rig;
    BusClient stranger(rig.loop, kStranger, count_signals);
    BusClient second_stranger(rig.loop, kDaemonUser, count_signals);
    BusClient reader(rig.loop, kReader, wait_for_signal);
    stranger.wait_ready();
    second_stranger.wait_ready();
    reader.wait_ready();
    rig.service.status.verdict = Verdict::intact;
    rig.bus_service.refresh();
    REQUIRE(rig.bus_service.publish(event_of(10)));
    CHECK(reader.result() == "came");
    stranger.go();
    second_stranger.go();
    CHECK(stranger.result() == "0");
    CHECK(second_stranger.result() == "0");
}

TEST_CASE("Only root and the daemon's user may own the name", "[bus][REQ-25]") {
    if (!can_be_others()) return;
    const DbusDaemon bus;
    SdEventLoop loop;
    CHECK(as(loop, kStranger, own_name) == std::to_string(EACCES));
    CHECK(as(loop, kReader, own_name) == std::to_string(EACCES));
    CHECK(as(loop, kAdmin, own_name) == std::to_string(EACCES));
    CHECK(as(loop, kDaemonUser, own_name) == "owned");
    CHECK(as(loop, std::nullopt, own_name) == "owned");
}

TEST_CASE("Members of the groups may do what their role says and no more", "[bus][REQ-26]") {
    if (!can_be_others()) return;
    BusRig rig;
    const std::string none = "NotAuthorized";
    CHECK(as(rig.loop, kReader, try_all) == "State=violated Get=ok Report=ok Export=" + none + " Verify=" + none +
                                                " Acknowledge=" + none + " Check=" + none + " Test=" + none);
    CHECK(rig.service.asked == std::vector<std::string>{"get 1 0", "report watchers 0 0"});
    CHECK(as(rig.loop, kAuditor, try_all) == "State=violated Get=ok Report=ok Export=ok Verify=ok Acknowledge=" + none +
                                                 " Check=" + none + " Test=" + none);
    const std::string all = "State=violated Get=ok Report=ok Export=ok Verify=ok Acknowledge=ok Check=ok Test=ok";
    CHECK(as(rig.loop, kAdmin, try_all) == all);
    CHECK(rig.service.requester.uid == kAdmin.uid);
    CHECK(as(rig.loop, std::nullopt, try_all) == all);
}

TEST_CASE("Only auditors and above see who did it", "[bus][REQ-27]") {
    if (!can_be_others()) return;
    BusRig rig;
    CHECK(as(rig.loop, kReader, sees_actor) == "requirements summary ");
    CHECK(as(rig.loop, kAuditor, sees_actor) == "actor audit_text requirements summary ");
    CHECK(as(rig.loop, kAdmin, sees_actor) == "actor audit_text requirements summary ");
}

TEST_CASE("The daemon refuses whom the policy lets through but whose groups mean nothing to it", "[bus][REQ-26]") {
    if (!can_be_others()) return;
    BusRig rig(true, [](const std::string&) { return std::optional<gid_t>(); });
    const std::string seen = as(rig.loop, kAdmin, [](BusClient::Side& side) {
        return call_manager(side.bus(), "GetViolation", "t", UINT64_C(1));
    });
    CHECK(seen == "NotAuthorized");
    CHECK(rig.service.asked.empty());
}

TEST_CASE("A user who waits for many answers holds up nobody but himself", "[bus][REQ-31][REQ-32]") {
    if (!can_be_others()) return;
    BusRig rig;
    rig.service.hold_diffs = true;
    // One after the other, so that it is known which of them came too late.
    BusClient first(rig.loop, kReader, ask_for_differences(16));
    REQUIRE(run_until(rig.loop, [&] { return rig.service.diffs.size() == 16; }));
    BusClient second(rig.loop, kReader, ask_for_differences(16));
    REQUIRE(run_until(rig.loop, [&] { return rig.service.diffs.size() == 32; }));
    BusClient third(rig.loop, kReader, ask_for_differences(16));
    CHECK(third.result() == "0");

    BusClient other(rig.loop, kAuditor, ask_for_differences(1));
    REQUIRE(run_until(rig.loop, [&] { return rig.service.diffs.size() == 33; }));
    rig.service.hold_diffs = false;
    for (const auto& done : std::exchange(rig.service.diffs, {}))
        done(BaselineDiff{{}, "d1"});
    CHECK(first.result() + second.result() + other.result() == "16161");
    CHECK(as(rig.loop, kReader, ask_for_differences(1)) == "1");
}
