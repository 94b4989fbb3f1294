// Checks: asking for a look now, and waiting for it.
#include <catch2/catch.hpp>

#include "ctl.hpp"

using namespace integrityd::test;

namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

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

// Three watchers: aide is looking when the check is asked for, audit refuses it.
struct CheckStage {
    PrivateBus bus;
    FakeStore store;
    FakeManager manager{store};
    std::vector<std::string> checked;
    std::map<std::string, std::uint64_t> looks = {{"aide", 1}, {"audit", 1}, {"boot", 1}};
    unsigned aide_seen = 0;  // it ends its look when it has been seen so often

    CheckStage() {
        manager.lie = [this](sd_bus_message* call, const std::string& member) -> sd_bus_message* {
            if (member == "GetManagedObjects") return answer_objects(call);
            if (member == "GetAll") return answer_watcher(call);
            return member == "Check" ? answer_check(call) : nullptr;
        };
    }
    [[nodiscard]] bool aide_runs() const { return aide_seen < 4; }

    sd_bus_message* answer_check(sd_bus_message* call) {
        const char* name = nullptr;
        REQUIRE(sd_bus_message_read(call, "s", &name) >= 0);
        checked.emplace_back(name);
        const std::string error = own_error;
        if (checked.back() == "aide" && aide_runs())
            return refuse(call, (error + "Busy").c_str(), "a check is running");
        if (checked.back() == "audit") return refuse(call, (error + "Internal").c_str(), "no rules");
        ++looks[checked.back()];
        return nullptr;
    }
    sd_bus_message* answer_watcher(sd_bus_message* call) {
        const std::string path = sd_bus_message_get_path(call);
        const std::string name = path.substr(path.rfind('/') + 1);
        if (!looks.contains(name)) return nullptr;
        if (name == "aide" && ++aide_seen == 4) ++looks["aide"];
        sd_bus_message* reply = nullptr;
        REQUIRE(sd_bus_message_new_method_return(call, &reply) >= 0);
        append_watcher(reply, name);
        return reply;
    }
    sd_bus_message* answer_objects(sd_bus_message* call) {
        sd_bus_message* reply = nullptr;
        REQUIRE(sd_bus_message_new_method_return(call, &reply) >= 0);
        REQUIRE(sd_bus_message_open_container(reply, 'a', "{oa{sa{sv}}}") >= 0);
        for (const auto& [name, look] : looks) {
            REQUIRE(sd_bus_message_open_container(reply, 'e', "oa{sa{sv}}") >= 0);
            REQUIRE(sd_bus_message_append(reply, "o", ("/org/cip_project/Integrity1/watcher/" + name).c_str()) >= 0);
            REQUIRE(sd_bus_message_open_container(reply, 'a', "{sa{sv}}") >= 0);
            REQUIRE(sd_bus_message_open_container(reply, 'e', "sa{sv}") >= 0);
            REQUIRE(sd_bus_message_append(reply, "s", "org.cip_project.Integrity1.Watcher") >= 0);
            append_watcher(reply, name);
            for (int i = 0; i < 3; ++i)
                REQUIRE(sd_bus_message_close_container(reply) >= 0);
        }
        REQUIRE(sd_bus_message_close_container(reply) >= 0);
        return reply;
    }
    void append_watcher(sd_bus_message* reply, const std::string& name) {
        const std::uint64_t running = name == "aide" && aide_runs() ? 1 : 0;
        REQUIRE(sd_bus_message_append(reply, "a{sv}", 4, "Name", "s", name.c_str(), "State", "s", "intact", "LastLook",
                                      "t", looks[name] * 1'000'000, "Counters", "a{st}", 1, "check_running",
                                      running) >= 0);
    }
};

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

TEST_CASE("Waiting for a check of all asks one that looks again, and the others though one refuses", "[ctl]") {
    CheckStage stage;
    const Ran ran = run_ctl(&stage.manager, {"check", "--wait"});
    CHECK(ran.code == 1);
    CHECK(stage.checked == std::vector<std::string>{"aide", "audit", "boot", "aide"});
    CHECK(has(ran.error, "audit: no rules"));
    CHECK(ran.out ==
          "aide: a look is on its way; waiting for its end\nboot: looking\nboot: has looked, intact\n"
          "aide: looking\naide: has looked, intact\n");
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
