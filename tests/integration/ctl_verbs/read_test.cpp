// What integrityctl shows: for people within 80 columns and harmless for a terminal, for programs as JSON.
#include <fstream>
#include <memory>

#include <catch2/catch.hpp>

#include "ctl.hpp"
#include "support/temporary_directory.hpp"

using namespace integrityd::test;

namespace {

struct Stage {
    PrivateBus bus;
    FakeStore store;
    FakeManager manager{store};

    Ran run(const Words& words, const std::string& input = {}) { return run_ctl(&manager, words, input); }
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// As the daemon exports them.
std::string chain_of(unsigned events) {
    std::string lines;
    for (unsigned i = 1; i <= events; ++i)
        lines += R"({"sequence":)" + std::to_string(i) + R"(,"stream":"11111111-2222-3333-4444-555555555555"})" + "\n";
    return lines;
}

constexpr auto recipients_report =
    R"({"recipients":[{"behind":0,"failing_since":"","min_severity":"low","name":"journal","reason":"",)"
    R"("required":true,"sources":[],"state":"reachable","target":"","type":"journal"},)"
    R"({"behind":12,"failing_since":"2026-11-22T03:22:00.000001Z","min_severity":"high","name":"plc",)"
    R"("reason":"No such file or directory","required":false,"sources":["aide"],"state":"failing",)"
    R"("target":"/run/plc/socket","type":"unix"}]})";

}  // namespace

TEST_CASE("Status exits with the verdict", "[ctl][REQ-8]") {
    Stage stage;
    const auto [word, code] = GENERATE(table<std::string, int>(
        {{"intact", 0}, {"degraded", 1}, {"violated", 2}, {"unknown", 3}, {"a word of the future", 3}}));
    stage.store.state = word;
    CHECK(stage.run({"status"}).code == code);
    const Ran json = stage.run({"status", "--json"});
    CHECK(json.code == code);
    REQUIRE(lines_of(json.out).size() == 1);
    CHECK(json_of(json.out)["state"] == word);
}

TEST_CASE("Status says why and what to do", "[ctl]") {
    Stage stage;
    stage.store.state = "violated";
    stage.store.violations = {{.id = 3, .severity = "low", .kind = "tls.offline"},
                              {.id = 4},
                              {.id = 5, .severity = "critical", .kind = "audit.log.removed"},
                              {.id = 6, .severity = "record"}};
    const Ran ran = stage.run({"status"});
    CHECK(ran.out.starts_with("VIOLATED since 2023-11-14 22:13:20 ("));
    CHECK(has(ran.out, "critical  audit.log.removed  /etc/passwd (open)"));
    CHECK(has(ran.out, "See: integrityctl show 5"));
    CHECK(has(ran.out, "To do"));
    CHECK(has(ran.out, "2 high"));
    CHECK(has(ran.out, "\naide "));
    CHECK(widest_line(ran.out) <= 80);
    CHECK_FALSE(has(ran.out, "\033"));
    CHECK(json_of(stage.run({"status", "--json"}).out)["because.id"] == "5");
}

TEST_CASE("Status claims nothing about watchers that it could not read", "[ctl]") {
    Stage stage;
    stage.store.state = "unknown";
    stage.manager.lie = [](sd_bus_message* call, const std::string& member) -> sd_bus_message* {
        if (member != "GetManagedObjects") return nullptr;
        return refuse(call, (std::string(own_error) + "Busy").c_str(), "too many wait");
    };
    const Ran ran = stage.run({"status"});
    CHECK(ran.code == 3);
    CHECK(has(ran.error, "too many wait"));
    CHECK_FALSE(has(ran.out, "Because"));
    CHECK_FALSE(has(ran.out, "To do"));
    CHECK(has(stage.run({"status", "--json"}).out, R"("watchers":null)"));
    stage.manager.lie = nullptr;
    CHECK(has(stage.run({"status"}).out, "Because"));
}

TEST_CASE("A terminal gets colours", "[ctl]") {
    Stage stage;
    stage.store.state = "violated";
    Ctl status(&stage.manager, {"status"}, Seat::terminal);
    CHECK(status.end() == 2);
    CHECK(has(status.out, "\033[1;31mVIOLATED\033[0m"));
}

TEST_CASE("A list is complete over its pages, as a table and as JSON", "[ctl]") {
    Stage stage;
    stage.store.page = 2;
    for (std::uint64_t id = 1; id <= 5; ++id)
        stage.store.violations.push_back({.id = id});
    const Ran table = stage.run({"list"});
    CHECK(table.code == 0);
    CHECK(has(table.out, "ID  SEVERITY  STATE  SEEN"));
    CHECK(widest_line(table.out) <= 80);
    const auto lines = lines_of(stage.run({"list", "--json"}).out);
    REQUIRE(lines.size() == 5);
    auto last = json_of(lines.back());
    CHECK(last["id"] == "5");
    CHECK(last["first_seen"] == "2023-11-14T22:13:20.000000Z");
    CHECK(last["requirements[1]"] == "EDR 3.14 RE(1)");
}

TEST_CASE("A list of nothing says so, and is nothing for a program", "[ctl]") {
    Stage stage;
    CHECK(stage.run({"list"}).out == "No violations.\n");
    CHECK(stage.run({"list", "--json"}).out.empty());
}

TEST_CASE("What is asked of a list reaches the daemon", "[ctl]") {
    Stage stage;
    std::map<std::string, std::string> filter;
    stage.manager.lie = [&](sd_bus_message* call, const std::string& member) -> sd_bus_message* {
        if (member != "ListViolations") return nullptr;
        REQUIRE(sd_bus_message_enter_container(call, 'a', "{sv}") >= 0);
        while (sd_bus_message_enter_container(call, 'e', "sv") > 0) {
            const char* name = nullptr;
            const char* value = nullptr;
            REQUIRE(sd_bus_message_read(call, "sv", &name, "s", &value) >= 0);
            filter[name] = value;
            sd_bus_message_exit_container(call);
        }
        return nullptr;
    };
    CHECK(stage
              .run({"list", "--source", "aide", "--kind", "aide.entry.added", "--severity", "high", "--state",
                    "returned"})
              .code == 0);
    CHECK(filter["source"] == "aide");
    CHECK(filter["kind"] == "aide.entry.added");
    CHECK(filter["severity"] == "high");
    CHECK(filter["state"] == "returned");
    CHECK(stage.run({"list", "--all"}).code == 0);
    CHECK(filter["state"] == "all");
}

TEST_CASE("Show tells meaning, action, evidence, actor and history", "[ctl]") {
    Stage stage;
    stage.store.violations = {{.id = 7}};
    stage.store.add({.violation = {.id = 7}});
    stage.store.add({.violation = {.id = 8}});
    stage.store.add({.type = "changed", .violation = {.id = 7}});
    stage.store.page = 1;
    const Ran ran = stage.run({"show", "7"});
    CHECK(ran.code == 0);
    CHECK(has(ran.out, "Violation 7: high  aide.entry.changed"));
    CHECK(has(ran.out, "Meaning"));
    CHECK(has(ran.out, "To do"));
    CHECK(has(ran.out, "auid=1000"));
    CHECK(has(ran.out, "deltas[0]"));
    CHECK(has(ran.out, "2023-11-14 22:13:22  raised"));
    CHECK(widest_line(ran.out) <= 80);
    auto json = json_of(stage.run({"show", "7", "--json"}).out);
    CHECK(json["id"] == "7");
    CHECK(json["history[1].type"] == "changed");
    CHECK(json.count("history[2].type") == 0);
    CHECK(json.count("meaning") == 1);
    CHECK(stage.run({"show", "8"}).code == 1);
}

TEST_CASE("Stored events are printed to their end, and what was pruned is counted", "[ctl]") {
    Stage stage;
    stage.store.page = 2;
    for (int i = 0; i < 5; ++i)
        stage.store.add({.violation = {.id = 1}});
    stage.store.pruned = 2;
    const Ran json = stage.run({"events", "--json"});
    REQUIRE(lines_of(json.out).size() == 3);
    CHECK(json_of(lines_of(json.out)[0])["sequence"] == "3");
    CHECK(has(json.error, "2 events were pruned"));
    CHECK(lines_of(stage.run({"events", "--after", "4", "--json"}).out).size() == 1);
    const Ran ran = stage.run({"events"});
    CHECK(has(ran.out, "2023-11-14 22:13:22  raised       high     aide.entry.changed  /etc/passwd"));
    CHECK(widest_line(ran.out) <= 80);
}

TEST_CASE("Watching shows what happens from now, over a restart, until it is interrupted", "[ctl][REQ-7]") {
    const PrivateBus bus;
    FakeStore store;
    store.add({.violation = {.id = 1}});
    auto manager = std::make_unique<FakeManager>(store);
    Ctl watch(manager.get(), {"watch"});
    REQUIRE(watch.until("following until Ctrl-C"));
    manager->raise({.violation = {.id = 2}});
    REQUIRE(watch.until("[2]"));
    watch.meet(nullptr);
    manager.reset();
    REQUIRE(watch.until("the daemon is gone"));
    store.add({.violation = {.id = 3}});
    manager = std::make_unique<FakeManager>(store);
    watch.meet(manager.get());
    REQUIRE(watch.until("[3]"));
    watch.interrupt();
    CHECK(watch.end() == 0);
    CHECK(lines_of(watch.out).size() == 2);
}

TEST_CASE("Following begins with what is stored", "[ctl]") {
    Stage stage;
    stage.store.add({.violation = {.id = 1}});
    stage.store.add({.violation = {.id = 2}});
    Ctl events(&stage.manager, {"events", "--after", "1", "--follow", "--json"});
    REQUIRE(events.until("\"sequence\":2"));
    stage.manager.raise({.violation = {.id = 3}});
    REQUIRE(events.until("\"sequence\":3"));
    events.interrupt();
    CHECK(events.end() == 0);
    CHECK(lines_of(events.out).size() == 2);
}

TEST_CASE("Canonical lines come as they are, page by page, and can be followed", "[ctl][REQ-19]") {
    Stage stage;
    stage.manager.lie = [&](sd_bus_message* call, const std::string& member) -> sd_bus_message* {
        if (member != "ExportEvents") return nullptr;
        std::uint64_t after = 0;
        REQUIRE(sd_bus_message_read(call, "t", &after) >= 0);
        sd_bus_message* reply = nullptr;
        REQUIRE(sd_bus_message_new_method_return(call, &reply) >= 0);
        REQUIRE(sd_bus_message_open_container(reply, 'a', "s") >= 0);
        const auto lines = lines_of(chain_of(3));
        if (after < lines.size()) REQUIRE(sd_bus_message_append(reply, "s", lines[after].c_str()) >= 0);
        REQUIRE(sd_bus_message_close_container(reply) >= 0);
        return reply;
    };
    const Ran ran = stage.run({"events", "--canonical"});
    CHECK(ran.code == 0);
    CHECK(ran.out == chain_of(3));
    Ctl follow(&stage.manager, {"events", "--canonical", "--follow", "--after", "1"});
    REQUIRE(follow.until("\"sequence\":3"));
    follow.interrupt();
    CHECK(follow.end() == 0);
    CHECK(lines_of(follow.out).size() == 2);
}

TEST_CASE("Following canonical lines prints also what came before the following began", "[ctl][REQ-7]") {
    Stage stage;
    stage.store.add({.violation = {.id = 1}});
    stage.manager.lie = [&](sd_bus_message*, const std::string& member) -> sd_bus_message* {
        // Without a signal, before it is known where the stream stands: most often after the first lines were asked
        // for.
        if (member == "GetAll" && stage.manager.calls[member] == 2) stage.store.add({.violation = {.id = 2}});
        return nullptr;
    };
    Ctl follow(&stage.manager, {"events", "--canonical", "--follow"});
    CHECK(follow.until("\"sequence\":2,"));
    follow.interrupt();
    CHECK(follow.end() == 0);
    CHECK(lines_of(follow.out).size() == 2);
}

TEST_CASE("Following canonical lines outlives a daemon that leaves or is busy, not one that fails", "[ctl][REQ-7]") {
    Stage stage;
    stage.store.add({.violation = {.id = 1}});
    const auto [error, code] = GENERATE(table<std::string, int>({{"org.freedesktop.DBus.Error.ServiceUnknown", 0},
                                                                 {"org.freedesktop.DBus.Error.NoReply", 0},
                                                                 {"org.freedesktop.DBus.Error.TimedOut", 0},
                                                                 {std::string(own_error) + "Busy", 0},
                                                                 {std::string(own_error) + "Internal", 1}}));
    INFO(error);
    bool refuses = false;
    stage.manager.lie = [&, error = error](sd_bus_message* call, const std::string& member) -> sd_bus_message* {
        if (member != "ExportEvents" || !std::exchange(refuses, false)) return nullptr;
        return refuse(call, error.c_str(), "not now");
    };
    Ctl follow(&stage.manager, {"events", "--canonical", "--follow"});
    REQUIRE(follow.until("\"sequence\":1,"));
    stage.manager.raise({.violation = {.id = 2}});
    refuses = true;
    CHECK(follow.until("\"sequence\":2,") == (code == 0));
    if (code == 0) follow.interrupt();
    CHECK(follow.end() == code);
    CHECK(lines_of(follow.out).size() == (code == 0 ? 2 : 1));
    const bool gone = error.ends_with("ServiceUnknown") || error.ends_with("NoReply");
    CHECK(follow.error.empty() == gone);
}

TEST_CASE("Exported lines are checked without a daemon", "[ctl][REQ-19]") {
    const TemporaryDirectory directory;
    const std::string file = directory / "events.log";
    std::ofstream(file) << chain_of(3);
    const Ran good = run_ctl(nullptr, {"verify", "--log", file, "--json"});
    CHECK(good.code == 0);
    CHECK(json_of(good.out)["checked"] == "3");
    CHECK(run_ctl(nullptr, {"verify", "--log", "-"}, chain_of(3)).code == 0);
    const Ran other = run_ctl(nullptr, {"verify", "--log", file, "--head", "0000000000000000"});
    CHECK(other.code == 1);
    CHECK(has(other.out, "NOT INTACT"));
    const auto lines = lines_of(chain_of(3));
    CHECK(run_ctl(nullptr, {"verify", "--log", "-"}, lines[0] + "\n" + lines[2] + "\n").code == 1);
    CHECK(run_ctl(nullptr, {"verify", "--log", "-"}, "").code == 1);
    CHECK(run_ctl(nullptr, {"verify", "--log", directory / "none"}).code == 1);
    CHECK(run_ctl(nullptr, {"verify", "--log", directory.path()}).code == 1);
}

TEST_CASE("The daemon's own check decides what verify exits with", "[ctl][REQ-19]") {
    Stage stage;
    const Ran good = stage.run({"verify"});
    CHECK(good.code == 0);
    CHECK(has(good.out, "intact, 12 events checked: every hash fits"));
    stage.manager.lie = [](sd_bus_message* call, const std::string& member) -> sd_bus_message* {
        if (member != "VerifyEvents") return nullptr;
        sd_bus_message* reply = nullptr;
        REQUIRE(sd_bus_message_new_method_return(call, &reply) >= 0);
        REQUIRE(sd_bus_message_append(reply, "bts", 0, std::uint64_t{4}, "event 5 was altered") >= 0);
        return reply;
    };
    CHECK(stage.run({"verify"}).code == 1);
    CHECK(json_of(stage.run({"verify", "--json"}).out)["intact"] == "false");
}

TEST_CASE("Watchers and recipients are shown with what is wrong with them", "[ctl]") {
    Stage stage;
    stage.manager.lie = [](sd_bus_message* call, const std::string& member) -> sd_bus_message* {
        return member == "GetReport" ? answer_text(call, recipients_report) : nullptr;
    };
    const Ran watchers = stage.run({"watchers"});
    CHECK(has(watchers.out, "aide"));
    CHECK(widest_line(watchers.out) <= 80);
    CHECK(json_of(lines_of(stage.run({"watchers", "--json"}).out)[0])["name"] == "aide");
    const Ran recipients = stage.run({"recipients"});
    CHECK(has(recipients.out, "failing"));
    CHECK(has(recipients.out, "/run/plc/socket"));
    CHECK(widest_line(recipients.out) <= 80);
    const auto lines = lines_of(stage.run({"recipients", "--json"}).out);
    REQUIRE(lines.size() == 2);
    CHECK(json_of(lines[1])["behind"] == "12");
    stage.manager.lie = [](sd_bus_message* call, const std::string& member) -> sd_bus_message* {
        return member == "GetReport" ? answer_text(call, "nonsense") : nullptr;
    };
    CHECK(stage.run({"recipients"}).code == 1);
}

TEST_CASE("What a daemon says cannot act on a terminal", "[ctl][REQ-17]") {
    Stage stage;
    stage.store.state = "violated";
    stage.store.violations = {{.id = 1,
                               .source = "a\033[2J",
                               .kind = "k\xc2\x9b"
                                       "1m"}};
    stage.store.add({.type = "r\033[2J\n", .violation = {.id = 1, .source = "\r", .kind = "k\xe2\x80\xae"}});
    for (const Words& words :
         {Words{"status"}, {"list"}, {"show", "1"}, {"events"}, {"list", "--json"}, {"show", "1", "--json"}}) {
        INFO(words.front());
        const std::string out = stage.run(words).out;
        CHECK_FALSE(has(out, "\033"));
        CHECK_FALSE(has(out, "\r"));
        CHECK_FALSE(has(out, "\xc2\x9b"));
        CHECK_FALSE(has(out, "\xe2\x80\xae"));
    }
}

TEST_CASE("Kinds are explained out of the catalogue", "[ctl]") {
    const Ran one = run_ctl(nullptr, {"explain", "aide.entry.changed"});
    CHECK(has(one.out, "Meaning"));
    CHECK(widest_line(one.out) <= 80);
    CHECK(widest_line(run_ctl(nullptr, {"explain"}).out) <= 80);
    CHECK(json_of(run_ctl(nullptr, {"explain", "aide.entry.changed", "--json"}).out)["severity"] == "high");
    CHECK(lines_of(run_ctl(nullptr, {"explain", "aide.entry", "--json"}).out).size() == 4);
    CHECK(run_ctl(nullptr, {"explain", "aide.ent"}).code == 2);
}
