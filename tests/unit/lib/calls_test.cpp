// The calls that block, and what comes out of them.
#include "subscriber.hpp"

namespace integrityd::test {

namespace {

int code_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const integrity::Error& error) {
        return error.code();
    }
    return 0;
}

FakeStore small_store() {
    FakeStore store;
    store.violations = {{.id = 3}, {.id = 4, .severity = "low"}, {.id = 7, .source = "boot"}};
    store.add({.violation = {.id = 3}});
    store.add({.type = "verdict", .violation = {}, .verdict = "violated"});
    return store;
}

}  // namespace

TEST_CASE("the status is what the daemon's properties say", "[lib]") {
    PrivateBus bus;
    FakeStore store = small_store();
    ServedManager daemon(store);
    integrity::Client client;
    const auto status = client.status();
    CHECK(status.verdict() == INTEGRITY_VIOLATED);
    CHECK(status.open("high") == 2);
    CHECK(status.open("low") == 0);
    CHECK(status.last_sequence() == 2);
    CHECK(status.to_json() ==
          R"({"state":"violated","since":"2023-11-14T22:13:20.000000Z","open_violations":{"high":2},)"
          R"("last_sequence":2,"stream":"11111111-1111-1111-1111-111111111111","maintenance_until":null,)"
          R"("version":"0.1.0"})");
}

TEST_CASE("violations are listed page by page and filtered", "[lib]") {
    PrivateBus bus;
    FakeStore store = small_store();
    store.page = 1;
    ServedManager daemon(store);
    integrity::Client client;
    std::vector<std::uint64_t> ids;
    client.for_each_violation({.severity = INTEGRITY_HIGH, .sources = {}, .kinds = {}, .state = "all"},
                              [&](const integrity::Violation& violation) { ids.push_back(violation.id()); });
    CHECK(ids == std::vector<std::uint64_t>{3, 7});
}

TEST_CASE("a violation has its fields, its details and its JSON", "[lib]") {
    PrivateBus bus;
    FakeStore store = small_store();
    ServedManager daemon(store);
    integrity::Client client;
    const auto violation = client.violation(3);
    CHECK(violation.summary() == "size was 3, is \"4\"");
    CHECK(violation.requirements() == std::vector<std::string_view>{"CR 3.4", "EDR 3.14 RE(1)"});
    CHECK(violation.details()["path"].bytes() == std::string_view("/a\xff\nb", 5));
    CHECK(violation.details()["actor"]["auid"].number() == 1000);
    CHECK(violation.details()["none"]["at all"].number(7) == 7);
    CHECK_FALSE(violation.details()["summary"]);
    CHECK(
        violation.to_json() ==
        R"({"id":3,"kind":"aide.entry.changed","source":"aide","severity":"high","subject":"/etc/passwd",)"
        R"("summary":"size was 3, is \"4\"","state":"open","first_seen":"2023-11-14T22:13:20.000000Z",)"
        R"("last_seen":"2023-11-14T22:13:21.500000Z","count":3,"details":{"path":"L2H/CmI=",)"
        R"("actor":{"auid":1000,"time":"2023-11-14T22:13:20.000001Z"},"deltas":[-5,true],)"
        R"("gap":{"from":"1970-01-01T01:11:34.967295Z","to":"1970-01-01T01:11:34.967296Z"},"last_end":"2023-11-14T22:13:20.000002Z"},)"
        R"j("requirements":["CR 3.4","EDR 3.14 RE(1)"]})j");
}

TEST_CASE("an event is JSON with its stream, clock and data at the top", "[lib]") {
    PrivateBus bus;
    FakeStore store = small_store();
    ServedManager daemon(store);
    integrity::Client client;
    const auto page = client.event_page(0);
    REQUIRE(page.events.size() == 2);
    CHECK(page.events[0].violation().id() == 3);
    CHECK_FALSE(page.events[1].violation());
    CHECK(page.events[1].to_json() ==
          R"({"sequence":2,"stream":"11111111-1111-1111-1111-111111111111","time":"2023-11-14T22:13:22.000000Z",)"
          R"("boottime":42,"boot_id":"boot-id","clock":"synchronised","type":"verdict","maintenance":false,"by":null,)"
          R"("violation":null,"data":{"new":"violated"},"hash":"00ff"})");
    CHECK(client.event_page(2).events.empty());
    CHECK(client.export_events(1) == std::vector<std::string>{canonical_line(store.events[1], store.stream)});
}

TEST_CASE("the largest page of lines has room for the hash before the oldest, and for no more", "[lib]") {
    PrivateBus bus;
    FakeStore store;
    ServedManager daemon(store);
    std::size_t rows = 1001;
    daemon.manager.lie = [&](sd_bus_message* call, const std::string&) {
        sd_bus_message* reply = nullptr;
        sd_bus_message_new_method_return(call, &reply);
        sd_bus_message_open_container(reply, 'a', "s");
        sd_bus_message_append(reply, "s", "# 00ff");
        for (std::size_t i = 1; i < rows; ++i)
            sd_bus_message_append(reply, "s", std::to_string(i).c_str());
        sd_bus_message_close_container(reply);
        return reply;
    };
    integrity::Client client;
    for (const std::uint32_t limit : {1000U, UINT32_MAX}) {
        const auto lines = client.export_events(0, limit);
        REQUIRE(lines.size() == 1001);
        CHECK(lines.front() == "# 00ff");
        CHECK(lines.back() == "1000");
    }
    rows = 1002;
    CHECK(code_of([&] { (void)client.export_events(0, 1000); }) == EBADMSG);
}

TEST_CASE("orders and reports reach the daemon", "[lib]") {
    PrivateBus bus;
    FakeStore store = small_store();
    ServedManager daemon(store);
    integrity::Client client;
    const std::vector<std::uint64_t> ids = {3, 7};
    client.acknowledge(ids, "seen");
    client.check_now("aide");
    client.test_recipient("journal");
    CHECK(client.accept_baseline("aide", "abcd", ids, "new kernel") == 7);
    CHECK(client.diff_baseline("aide").digest == "abcd");
    CHECK(client.report("baseline") == "{\"topic\":1}");
    const auto chain = client.verify_events();
    CHECK(chain.intact);
    CHECK(chain.checked == 12);
    CHECK(chain.detail == "every hash fits");
    CHECK(daemon.manager.last_arguments["Check"] == "aide");
    CHECK(daemon.manager.last_arguments["TestRecipient"] == "journal");
}

TEST_CASE("watchers come by name with their counters", "[lib]") {
    PrivateBus bus;
    FakeStore store;
    ServedManager daemon(store);
    integrity::Client client;
    const auto watchers = client.watchers();
    REQUIRE(watchers.size() == 2);
    CHECK(watchers[0].name == "aide");
    CHECK(watchers[1].name == "self");
    const auto aide = client.watcher("aide");
    CHECK(aide.state == "blind");
    CHECK(aide.counters == std::vector<std::pair<std::string, std::uint64_t>>{{"looks", 9}});
    CHECK(code_of([&] { (void)client.watcher("none"); }) == ENOENT);
    CHECK(std::string_view(integrity_error_message(client.get())) == "there is no watcher of this name");
    CHECK(code_of([&] { (void)client.watcher("../../x"); }) == ENOENT);
}

TEST_CASE("the daemon's errors are errnos with its words", "[lib]") {
    const std::vector<std::pair<std::string, int>> cases = {
        {"org.cip_project.Integrity1.Error.NotFound", ENOENT},
        {"org.cip_project.Integrity1.Error.InvalidArgument", EINVAL},
        {"org.cip_project.Integrity1.Error.NotAuthorized", EACCES},
        {"org.cip_project.Integrity1.Error.Busy", EBUSY},
        {"org.cip_project.Integrity1.Error.Changed", ESTALE},
        {"org.cip_project.Integrity1.Error.Internal", EIO},
        {"org.freedesktop.DBus.Error.AccessDenied", EACCES},
        {"org.freedesktop.DBus.Error.UnknownMethod", EOPNOTSUPP},
        {"org.example.Unheard", EIO},
    };
    PrivateBus bus;
    FakeStore store;
    ServedManager daemon(store);
    std::string name;
    daemon.manager.lie = [&](sd_bus_message* call, const std::string&) {
        sd_bus_message* reply = nullptr;
        sd_bus_message_new_method_errorf(call, &reply, name.c_str(), "because");
        return reply;
    };
    integrity::Client client;
    for (const auto& [error, code] : cases) {
        name = error;
        INFO(error);
        CHECK(code_of([&] { client.check_now("aide"); }) == code);
        CHECK(std::string(integrity_error_message(client.get())) == "because");
    }
    daemon.manager.lie = [](sd_bus_message* call, const std::string&) {
        sd_bus_message* reply = nullptr;
        sd_bus_message_new_method_return(call, &reply);
        sd_bus_message_append(reply, "u", 1U);
        return reply;
    };
    CHECK(code_of([&] { (void)client.violation(1); }) == EBADMSG);
    CHECK(code_of([&] { (void)client.status(); }) == EBADMSG);
    CHECK(code_of([&] { (void)client.watchers(); }) == EBADMSG);
}

TEST_CASE("no bus and no daemon are EHOSTDOWN, and a later call finds them", "[lib]") {
    PrivateBus bus;
    bus.stop();
    integrity::Client client;
    CHECK(code_of([&] { (void)client.status(); }) == EHOSTDOWN);
    CHECK(client.try_verdict() == INTEGRITY_UNKNOWN);
    bus.start();
    CHECK(code_of([&] { (void)client.status(); }) == EHOSTDOWN);
    FakeStore store;
    ServedManager daemon(store);
    CHECK(client.status().verdict() == INTEGRITY_INTACT);
    bus.signal(SIGSTOP);
    CHECK(code_of([&] { (void)client.status(integrity::Duration(1000)); }) == ETIMEDOUT);
    integrity::Client other;
    CHECK(code_of([&] { (void)other.status(integrity::Duration(1000)); }) == ETIMEDOUT);
    bus.signal(SIGCONT);
}

TEST_CASE("a daemon that leaves while it is asked is gone, not slow", "[lib]") {
    PrivateBus bus;
    FakeStore store;
    ServedManager daemon(store);
    daemon.manager.lie = [&](sd_bus_message* call, const std::string&) {
        sd_bus_message* reply = nullptr;
        sd_bus_message_new_method_return(call, &reply);
        sd_bus_close(daemon.manager.bus());
        return reply;
    };
    integrity::Client client;
    CHECK(code_of([&] { client.check_now("aide"); }) == ECONNRESET);
    CHECK(std::string_view(integrity_error_message(client.get())) == "the daemon went away before it answered");
    CHECK(code_of([&] { client.check_now("aide"); }) == EHOSTDOWN);
}

TEST_CASE("a call may be made while a subscription runs, from its callback too", "[lib]") {
    PrivateBus bus;
    FakeStore store = small_store();
    ServedManager daemon(store);
    integrity::Client client;
    std::string summary;
    std::uint64_t last = 0;
    client.subscribe([&](const integrity::Item& item) {
        if (item.type() == INTEGRITY_SNAPSHOT_VIOLATION) summary = client.violation(item.violation().id()).summary();
        if (item.type() == INTEGRITY_SNAPSHOT_END) last = item.sequence();
        CHECK(integrity_process(client.get(), 0) == -EBUSY);
    });
    while (last == 0)
        if (client.process() == 0) REQUIRE(client.wait(failure_bound));
    CHECK(summary == "size was 3, is \"4\"");
    CHECK(client.event_page(0).events.size() == 2);
}

}  // namespace integrityd::test
