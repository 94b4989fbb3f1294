// What integrityctl does when there is no daemon, when it is not allowed, and when nobody reads.
#include <catch2/catch.hpp>

#include "ctl.hpp"

using namespace integrityd::test;

namespace {

// Every verb that asks the daemon, but for `status`.
const std::vector<Words> asking = {{"list"},
                                   {"list", "--json"},
                                   {"show", "1"},
                                   {"events"},
                                   {"events", "--follow"},
                                   {"events", "--canonical"},
                                   {"watch"},
                                   {"ack", "1", "--comment", "seen"},
                                   {"check"},
                                   {"check", "aide", "--wait"},
                                   {"watchers"},
                                   {"recipients"},
                                   {"notify", "test", "journal"},
                                   {"baseline", "show"},
                                   {"baseline", "diff", "aide"},
                                   {"baseline", "accept", "aide", "--yes"},
                                   {"baseline", "export"},
                                   {"verify"}};

void expect_no_daemon() {
    for (const auto& words : asking) {
        INFO(words.front());
        const Ran ran = run_ctl(nullptr, words);
        CHECK(ran.code == 69);
        CHECK(ran.out.empty());
        CHECK(ran.error.find("no daemon answers on the system bus: is integrityd running?") != std::string::npos);
    }
    const Ran status = run_ctl(nullptr, {"status"});
    CHECK(status.code == 3);
    CHECK(status.out.find("UNKNOWN") != std::string::npos);
    const Ran json = run_ctl(nullptr, {"status", "--json"});
    CHECK(json.code == 3);
    CHECK(json_of(json.out)["state"] == "unknown");
    CHECK(run_ctl(nullptr, {"version"}).code == 0);
    CHECK(json_of(run_ctl(nullptr, {"version", "--json"}).out)["integrityd"] == "null");
    CHECK(run_ctl(nullptr, {"explain", "luks.volume.missing"}).code == 0);
}

}  // namespace

TEST_CASE("Without a daemon every verb exits with 69, and status with 3", "[ctl][REQ-8]") {
    const PrivateBus bus;
    expect_no_daemon();
}

TEST_CASE("Without a bus every verb exits with 69, and status with 3", "[ctl][REQ-8]") {
    PrivateBus bus;
    bus.stop();
    expect_no_daemon();
}

TEST_CASE("Who is not allowed is told so with 77, and status says unknown", "[ctl]") {
    const PrivateBus bus;
    FakeStore store;
    FakeManager manager(store);
    manager.lie = [](sd_bus_message* call, const std::string&) {
        return refuse(call, not_allowed, "Rejected send message");
    };
    for (const auto& words : asking) {
        INFO(words.front());
        const Ran ran = run_ctl(&manager, words);
        CHECK(ran.code == 77);
        CHECK(ran.error.find("not allowed") != std::string::npos);
    }
    CHECK(run_ctl(&manager, {"status"}).code == 3);
}

TEST_CASE("What the daemon refuses is said and exits with 1", "[ctl]") {
    const PrivateBus bus;
    FakeStore store;
    FakeManager manager(store);
    const std::string name = std::string(own_error) + GENERATE("NotFound", "InvalidArgument", "Busy", "Internal");
    manager.lie = [&](sd_bus_message* call, const std::string& member) -> sd_bus_message* {
        const bool read = member == "GetAll" || member == "GetManagedObjects";
        return read ? nullptr : refuse(call, name.c_str(), "because\033[2J of that");
    };
    for (const auto& words : asking) {
        if (words == Words{"watchers"} || words.back() == "--follow" || words == Words{"watch"}) continue;
        INFO(words.front());
        const Ran ran = run_ctl(&manager, words);
        CHECK(ran.code == 1);
        CHECK(ran.error.find("because\\x1b[2J of that") != std::string::npos);
    }
}

TEST_CASE("A reader that goes away ends it without a signal", "[ctl]") {
    const PrivateBus bus;
    FakeStore store;
    store.state = "violated";
    store.page = 1000;
    for (std::uint64_t id = 1; id <= 3000; ++id)
        store.violations.push_back({.id = id});
    FakeManager manager(store);
    Ctl list(&manager, {"list", "--json"});
    REQUIRE(list.until("\n"));
    list.close_output();
    CHECK(list.end() == 0);

    Ctl status(&manager, {"status"});
    status.close_output();
    CHECK(status.end() == 2);
}

TEST_CASE("Following ends when the reader goes away, though nothing happens", "[ctl]") {
    const PrivateBus bus;
    FakeStore store;
    FakeManager manager(store);
    Ctl watch(&manager, {"watch"});
    REQUIRE(watch.until("following until Ctrl-C"));
    watch.close_output();
    CHECK(watch.end() == 0);
}
