// What integrityctl orders: acknowledging, checking, accepting, trying out recipients.
#include <catch2/catch.hpp>

#include "ctl.hpp"

using namespace integrityd::test;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// A manager that answers reports about baselines and keeps what was accepted.
struct BaselineStage {
    PrivateBus bus;
    FakeStore store;
    FakeManager manager{store};
    std::string diff = R"({"accepted":true,"differences":{"database":{"accepted":"aa","found":"bb"}}})";
    std::string accepted;

    BaselineStage() {
        manager.lie = [this](sd_bus_message* call, const std::string& member) { return answer(call, member); };
    }
    sd_bus_message* answer(sd_bus_message* call, const std::string& member) {
        if (member == "GetReport") return report(call);
        if (member == "AcceptBaseline") {
            const char* watcher = nullptr;
            const char* digest = nullptr;
            REQUIRE(sd_bus_message_read(call, "ss", &watcher, &digest) >= 0);
            accepted += std::string(watcher) + "=" + digest + ";";
        }
        if (member != "DiffBaseline") return nullptr;
        sd_bus_message* reply = nullptr;
        REQUIRE(sd_bus_message_new_method_return(call, &reply) >= 0);
        REQUIRE(sd_bus_message_append(reply, "ss", diff.c_str(), "d2") >= 0);
        return reply;
    }
    // All in short, or one with its document.
    static sd_bus_message* report(sd_bus_message* call) {
        const char* topic = nullptr;
        REQUIRE(sd_bus_message_read(call, "s", &topic) >= 0);
        const std::string asked = topic;
        if (asked == "baseline")
            return answer_text(call, R"({"aide":{"digest":"d1","state":"accepted"},"self":{"state":"none"}})");
        if (asked == "baseline/aide")
            return answer_text(call, R"({"aide":{"content":{"version":1},"digest":"d1","state":"accepted"}})");
        if (asked == "baseline/self") return answer_text(call, R"({"self":{"state":"none"}})");
        return refuse(call, (std::string(own_error) + "NotFound").c_str(), "there is no baseline of this name");
    }
    Ran run(const Words& words) { return run_ctl(&manager, words); }
};

// Answers a watcher that looks: the look ends with the third question.
sd_bus_message* answer_looking(sd_bus_message* call, unsigned asked, const char* state, std::uint64_t end = 2'000'000) {
    const bool running = asked > 1 && asked < 4;
    sd_bus_message* reply = nullptr;
    REQUIRE(sd_bus_message_new_method_return(call, &reply) >= 0);
    REQUIRE(sd_bus_message_append(reply, "a{sv}", 4, "Name", "s", "aide", "State", "s", state, "LastLook", "t",
                                  asked >= 4 ? end : std::uint64_t{1'000'000}, "Counters", "a{st}", 3, "check_running",
                                  std::uint64_t{running}, "check_elapsed_ms", std::uint64_t{7'100},
                                  "check_output_bytes", std::uint64_t{4'096}) >= 0);
    return reply;
}

// Answers a watcher whose rounds have parts: `round` runs, `end` is its last look.
sd_bus_message* answer_rounds(sd_bus_message* call, std::uint64_t round, bool running, std::uint64_t end) {
    sd_bus_message* reply = nullptr;
    REQUIRE(sd_bus_message_new_method_return(call, &reply) >= 0);
    REQUIRE(sd_bus_message_append(reply, "a{sv}", 4, "Name", "s", "tls", "State", "s", "intact", "LastLook", "t", end,
                                  "Counters", "a{st}", 4, "check_running", std::uint64_t{running}, "check_round", round,
                                  "check_size", std::uint64_t{5}, "check_done", std::uint64_t{2}) >= 0);
    return reply;
}

}  // namespace

TEST_CASE("Acknowledging passes all ids and the comment", "[ctl]") {
    const PrivateBus bus;
    FakeStore store;
    FakeManager manager(store);
    std::vector<std::uint64_t> ids;
    std::string comment;
    manager.lie = [&](sd_bus_message* call, const std::string& member) -> sd_bus_message* {
        if (member != "Acknowledge") return nullptr;
        const void* data = nullptr;
        std::size_t size = 0;
        const char* text = nullptr;
        REQUIRE(sd_bus_message_read_array(call, 't', &data, &size) >= 0);
        REQUIRE(sd_bus_message_read(call, "s", &text) >= 0);
        const auto* first = static_cast<const std::uint64_t*>(data);
        ids.assign(first, first + size / sizeof(std::uint64_t));
        comment = text;
        return nullptr;
    };
    const Ran ran = run_ctl(&manager, {"ack", "3", "18446744073709551615", "--comment", "known, ticket 4"});
    CHECK(ran.code == 0);
    CHECK(ids == std::vector<std::uint64_t>{3, UINT64_MAX});
    CHECK(comment == "known, ticket 4");
    CHECK(json_of(run_ctl(&manager, {"ack", "3", "--json"}).out)["acknowledged[0]"] == "3");
}

TEST_CASE("A check of all asks for all, and returns when it has begun", "[ctl]") {
    const PrivateBus bus;
    FakeStore store;
    FakeManager manager(store);
    CHECK(run_ctl(&manager, {"check"}).code == 0);
    CHECK(manager.last_arguments["Check"].empty());
    const Ran one = run_ctl(&manager, {"check", "aide", "--json"});
    CHECK(manager.last_arguments["Check"] == "aide");
    CHECK(json_of(one.out)["begun[0]"] == "aide");
    CHECK(run_ctl(&manager, {"check", "nobody"}).code == 1);
}

TEST_CASE("Waiting for a check ends with the look, and tells how far it is", "[ctl]") {
    const PrivateBus bus;
    FakeStore store;
    FakeManager manager(store);
    unsigned asked = 0;
    const char* state = "intact";
    manager.lie = [&](sd_bus_message* call, const std::string& member) -> sd_bus_message* {
        return member == "GetAll" ? answer_looking(call, ++asked, state) : nullptr;
    };
    const Ran plain = run_ctl(&manager, {"check", "aide", "--wait"});
    CHECK(plain.code == 0);
    CHECK(plain.out == "aide: looking\naide: has looked, intact\n");
    asked = 0;
    Ctl seen(&manager, {"check", "aide", "--wait"}, Seat::terminal);
    CHECK(seen.end() == 0);
    CHECK(has(seen.out, "\r\033[Kaide: looking, 7 s, 4 KiB of report read"));
    asked = 0;
    CHECK(json_of(run_ctl(&manager, {"check", "aide", "--wait", "--json"}).out)["state"] == "intact");
    asked = 0;
    state = "blind";
    CHECK(run_ctl(&manager, {"check", "aide", "--wait"}).code == 1);
}

TEST_CASE("Waiting for a check waits for the look that is on its way, and then for its own", "[ctl]") {
    const PrivateBus bus;
    FakeStore store;
    FakeManager manager(store);
    unsigned checks = 0;
    unsigned asked = 0;
    manager.lie = [&](sd_bus_message* call, const std::string& member) -> sd_bus_message* {
        if (member == "Check" && ++checks == 1)
            return refuse(call, "org.cip_project.Integrity1.Error.Busy", "a check is running already");
        if (member != "GetAll") return nullptr;
        ++asked;
        return asked <= 4 ? answer_looking(call, asked, "intact") : answer_looking(call, asked, "intact", 3'000'000);
    };
    const Ran ran = run_ctl(&manager, {"check", "aide", "--wait"});
    CHECK(ran.code == 0);
    CHECK(checks == 2);
    CHECK(ran.out == "aide: a look is on its way; waiting for its end\naide: looking\naide: has looked, intact\n");
    checks = 0;
    CHECK(run_ctl(&manager, {"check", "aide"}).code == 1);
}

TEST_CASE("Waiting for a check of many endpoints names each that is done, and whom it waits for", "[ctl]") {
    const PrivateBus bus;
    FakeStore store;
    FakeManager manager(store);
    unsigned asked = 0;
    // A round was over before; the one that was asked for is seen in the middle and at its end.
    manager.lie = [&](sd_bus_message* call, const std::string& member) -> sd_bus_message* {
        if (member == "GetAll") {
            ++asked;
            return answer_rounds(call, asked < 3 ? 7 : 8, asked > 1 && asked < 5, asked < 5 ? 1'000'000 : 2'000'000);
        }
        if (member != "GetReport") return nullptr;
        if (asked < 3)
            return answer_text(call, R"({"tls":{"done":[{"name":"old","reason":"","state":"reached"}],"round":7,)"
                                     R"("size":1,"waiting":[]}})");
        const std::string first = R"({"name":"backend","reason":"","state":"reached"})";
        const std::string second = R"({"name":"update","reason":"no route","state":"failing"})";
        const bool over = asked >= 5;
        const std::string report = R"({"tls":{"done":[)" + first + (over ? "," + second : "") +
                                   R"(],"round":8,"size":)" + (over ? "2" : "5") + R"(,"waiting":[)" +
                                   (over ? "" : R"("update","x\u001b")") + "]}}";
        return answer_text(call, report.c_str());
    };
    const std::string lines =
        "tls: looking\ntls: 1 of 5: backend: reached\ntls: 2 of 2: update: failing: no route\ntls: has looked, "
        "intact\n";
    CHECK(run_ctl(&manager, {"check", "tls", "--wait"}).out == lines);
    asked = 0;
    Ctl seen(&manager, {"check", "tls", "--wait"}, Seat::terminal);
    CHECK(seen.end() == 0);
    CHECK(has(seen.out, "tls: looking, 2 of 5 endpoints, waiting for update, x\\x1b and 2 more"));
    asked = 0;
    CHECK_FALSE(has(run_ctl(&manager, {"check", "tls", "--wait", "--json"}).out, "backend"));
}

TEST_CASE("Waiting for a check ends also when the clock was set back meanwhile", "[ctl]") {
    const PrivateBus bus;
    FakeStore store;
    FakeManager manager(store);
    unsigned asked = 0;
    manager.lie = [&](sd_bus_message* call, const std::string& member) -> sd_bus_message* {
        return member == "GetAll" ? answer_looking(call, ++asked, "intact", 500'000) : nullptr;
    };
    CHECK(run_ctl(&manager, {"check", "aide", "--wait"}).out == "aide: looking\naide: has looked, intact\n");
}

TEST_CASE("Interrupting ends the waiting for a check at once", "[ctl]") {
    const PrivateBus bus;
    FakeStore store;
    FakeManager manager(store);
    manager.lie = [](sd_bus_message* call, const std::string& member) -> sd_bus_message* {
        return member == "GetAll" ? answer_looking(call, 2, "starting") : nullptr;
    };
    Ctl check(&manager, {"check", "aide", "--wait"}, Seat::terminal);
    REQUIRE(check.until("looking, 7 s"));
    check.interrupt();
    CHECK(check.end() == 0);
    CHECK(has(check.out, "the check goes on"));
}

TEST_CASE("A recipient is tried out by its name", "[ctl]") {
    const PrivateBus bus;
    FakeStore store;
    FakeManager manager(store);
    CHECK(run_ctl(&manager, {"notify", "test", "journal"}).code == 0);
    CHECK(manager.last_arguments["TestRecipient"] == "journal");
    CHECK(json_of(run_ctl(&manager, {"notify", "test", "journal", "--json"}).out)["reached"] == "true");
}

TEST_CASE("Why a recipient was not reached is said when the trial fails", "[ctl]") {
    const PrivateBus bus;
    FakeStore store;
    FakeManager manager(store);
    manager.lie = [](sd_bus_message* call, const std::string& member) -> sd_bus_message* {
        if (member == "TestRecipient") return refuse(call, (std::string(own_error) + "Internal").c_str(), "it failed");
        if (member != "GetReport") return nullptr;
        return answer_text(call, R"({"recipients":[{"name":"room","reason":"/run/room: Connection refused"}]})");
    };
    const Ran ran = run_ctl(&manager, {"notify", "test", "room"});
    CHECK(ran.code == 1);
    CHECK(ran.out.empty());
    CHECK(has(ran.error, "room cannot be reached: /run/room: Connection refused"));
    CHECK(has(ran.error, "it failed"));
}

TEST_CASE("Baselines are shown, compared and exported", "[ctl]") {
    BaselineStage stage;
    const Ran show = stage.run({"baseline", "show"});
    CHECK(has(show.out, "aide     accepted"));
    CHECK(has(show.out, "self     none"));
    CHECK(has(stage.run({"baseline", "show", "aide"}).out, "version"));
    CHECK(stage.run({"baseline", "show", "nobody"}).code == 1);
    CHECK(has(stage.run({"baseline", "diff", "aide"}).out, "differences.database.found"));
    CHECK(json_of(stage.run({"baseline", "diff", "aide", "--json"}).out)["digest"] == "d2");
    CHECK(lines_of(stage.run({"baseline", "diff", "--json"}).out).size() == 2);
    CHECK(json_of(stage.run({"baseline", "export", "aide"}).out)["content.version"] == "1");
    CHECK(lines_of(stage.run({"baseline", "export"}).out).size() == 1);
    CHECK(stage.run({"baseline", "export", "self"}).code == 1);
}

TEST_CASE("Without a terminal nothing is accepted unless it is said so", "[ctl][REQ-15]") {
    BaselineStage stage;
    CHECK(stage.run({"baseline", "accept", "aide"}).code == 2);
    CHECK(stage.run({"baseline", "accept", "aide", "--json"}).code == 2);
    CHECK(stage.accepted.empty());
    const Ran ran = stage.run({"baseline", "accept", "aide", "--yes"});
    CHECK(ran.code == 0);
    CHECK(stage.accepted == "aide=d2;");
    CHECK(has(ran.out, "differences.database.found"));
    CHECK(json_of(stage.run({"baseline", "accept", "aide", "--yes", "--json"}).out)["resolved"] == "7");
}

TEST_CASE("On a terminal the difference is shown and the answer decides", "[ctl][REQ-15]") {
    BaselineStage stage;
    const auto [answer, code, accepted] = GENERATE(
        table<std::string, int, std::string>({{"y\n", 0, "aide=d2;"}, {"n\n", 1, ""}, {"\n", 1, ""}, {"\004", 1, ""}}));
    Ctl accept(&stage.manager, {"baseline", "accept", "aide"}, Seat::terminal);
    REQUIRE(accept.until("[y/N] "));
    CHECK(has(accept.out, "differences.database.found"));
    accept.type(answer);
    CHECK(accept.end() == code);
    CHECK(stage.accepted == accepted);
}

TEST_CASE("What is as accepted is not accepted again", "[ctl]") {
    BaselineStage stage;
    stage.diff = R"({"accepted":true,"differences":{}})";
    const Ran ran = stage.run({"baseline", "accept", "--yes"});
    CHECK(ran.code == 0);
    CHECK(has(ran.out, "aide: as accepted"));
    CHECK(stage.accepted.empty());
}

TEST_CASE("Of all watchers one that refuses is a failure, one that this device does without is none", "[ctl][REQ-15]") {
    BaselineStage stage;
    const auto usual = stage.manager.lie;
    const auto [state, code] = GENERATE(table<const char*, int>({{"blind", 1}, {"absent", 0}, {"disabled", 0}}));
    stage.manager.lie = [&, usual, state = state](sd_bus_message* call, const std::string& member) {
        if (member == "GetAll") return answer_looking(call, 0, state);
        const char* watcher = "";
        if (member == "DiffBaseline") REQUIRE(sd_bus_message_read(call, "s", &watcher) >= 0);
        const std::string name = std::string(own_error) + "NotFound";
        return watcher == std::string("aide") ? refuse(call, name.c_str(), "nothing is there") : usual(call, member);
    };
    const Ran ran = stage.run({"baseline", "accept", "--yes"});
    CHECK(ran.code == code);
    CHECK(has(ran.error, "aide: "));
    CHECK(stage.accepted == "self=d2;");
    CHECK(stage.run({"baseline", "diff"}).code == code);
}

TEST_CASE("What has changed since it was shown is not accepted", "[ctl][REQ-15]") {
    BaselineStage stage;
    const auto usual = stage.manager.lie;
    stage.manager.lie = [usual](sd_bus_message* call, const std::string& member) {
        const std::string name = std::string(own_error) + "Changed";
        return member == "AcceptBaseline" ? refuse(call, name.c_str(), "another digest") : usual(call, member);
    };
    const Ran ran = stage.run({"baseline", "accept", "aide", "--yes"});
    CHECK(ran.code == 1);
    CHECK(has(ran.error, "has changed since it was shown"));
}
