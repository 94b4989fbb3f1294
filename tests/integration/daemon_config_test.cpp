// The daemon's configuration: wrong at start, wrong and right on reload, and what a reload changes.
#include <algorithm>
#include <regex>
#include <signal.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>

#include "support/device.hpp"

using namespace integrityd::test;

namespace {

// Three faults; the lines follow those of DaemonProcess::write_config().
constexpr const char* wrong = "log_level = \"loud\"\nunheard = 1\n[aide]\nmax_age = \"soon\"\n";

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

bool ended_with(int status, int code) {
    return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

void check_problems(const DaemonProcess& daemon) {
    const auto lines = lines_of(daemon.errors());
    REQUIRE(lines.size() == 3);
    CHECK(std::ranges::is_sorted(lines));
    const std::regex form("^" + daemon.config_file() + ":([0-9]+):([0-9]+): .+");
    std::vector<std::string> numbers;
    for (const auto& line : lines) {
        std::smatch found;
        REQUIRE(std::regex_match(line, found, form));
        numbers.push_back(found[1]);
    }
    CHECK(numbers == std::vector<std::string>{"4", "5", "7"});
}

// Reloads and waits until that is over; true when the service manager was told of both.
bool reload(DaemonProcess& daemon) {
    daemon.send(SIGHUP);
    return daemon.wait_for_notice("RELOADING=1") && daemon.wait_for_notice("READY=1");
}

constexpr const char* harmless =
    "[[severity.rule]]\nname = \"known\"\nkind = \"aide.entry.changed\"\nsubject = \"/etc/motd\"\nseverity = "
    "\"low\"\nreason = \"edited daily\"\n";

}  // namespace

TEST_CASE("everything wrong in the configuration is told with its place, and nothing is started [REQ-34]") {
    Device device;
    device.daemon.write_config(wrong);
    SECTION("at start") {
        CHECK(ended_with(device.daemon.run_to_end({"--config", device.daemon.config_file()}), 78));
        check_problems(device.daemon);
        CHECK(std::filesystem::is_empty(device.daemon.state_dir()));
    }
    SECTION("with --check-config") {
        CHECK(ended_with(device.daemon.run_to_end({"--config", device.daemon.config_file(), "--check-config"}), 78));
        check_problems(device.daemon);
    }
    SECTION("a right one is said nothing about") {
        device.configure(harmless);
        CHECK(ended_with(device.daemon.run_to_end({"--config", device.daemon.config_file(), "--check-config"}), 0));
        CHECK(device.daemon.errors().empty());
        CHECK(std::filesystem::is_empty(device.daemon.state_dir()));
    }
    SECTION("a file that is not there is a fault of its own") {
        CHECK(ended_with(device.daemon.run_to_end({"--config", device.directory / "none.toml"}), 78));
        CHECK(device.daemon.errors().starts_with(device.directory / "none.toml:"));
    }
}

TEST_CASE("a wrong configuration on reload leaves the old one in force and is told until a right one comes [REQ-34]") {
    Device device;
    device.put_report({"/etc/motd"});
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));

    device.daemon.write_config(wrong);
    REQUIRE(reload(device.daemon));
    REQUIRE(subscriber.wait_for("raised", "self.config.invalid", device.daemon.config_file()));
    const auto problems = subscriber.find("raised", "self.config.invalid")->violation().details()["problems"].size();
    CHECK(problems == 3);
    // Still the old one: the watcher watches.
    device.put_report({"/etc/motd", "/etc/passwd"});
    CHECK(subscriber.wait_for("raised", "aide.entry.changed", "/etc/passwd"));

    device.configure();
    SECTION("taken by a reload") {
        REQUIRE(reload(device.daemon));
        CHECK(subscriber.wait_for_notice("config.reloaded"));
    }
    SECTION("taken by a new start") {
        REQUIRE(device.daemon.stop());
        REQUIRE(device.daemon.start());
    }
    CHECK(subscriber.wait_for("returned", "self.config.invalid", device.daemon.config_file()));
    CHECK(device.daemon.stop());
}

TEST_CASE("a reload takes new severity rules and recipients, and the verdict follows [REQ-3] [REQ-8]") {
    Device device;
    device.put_report({"/etc/motd"});
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));

    device.configure(std::string(harmless) +
                     "[[notify.recipient]]\nname = \"bus\"\ntype = \"dbus\"\n"
                     "[[notify.recipient]]\nname = \"product\"\ntype = \"unix\"\ntarget = \"" +
                     device.directory / "product\"\n");
    REQUIRE(reload(device.daemon));
    REQUIRE(subscriber.wait_for("changed", "aide.entry.changed", "/etc/motd"));
    CHECK(subscriber.find("changed", "aide.entry.changed")->violation().severity() == "low");
    CHECK(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));  // no baseline was accepted
    const std::string recipients = subscriber.client().report("recipients");
    CHECK(recipients.find("\"name\":\"product\"") != std::string::npos);
    CHECK(recipients.find("\"name\":\"journal\"") == std::string::npos);

    device.configure();
    REQUIRE(reload(device.daemon));
    CHECK(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));
    CHECK(subscriber.client().report("recipients").find("\"name\":\"product\"") == std::string::npos);
    CHECK(device.daemon.stop());
}

TEST_CASE("a watcher that a reload disables says so, and what it said of its own state is over [REQ-14]") {
    Device device;
    device.put_report({"/etc/motd"});
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));
    REQUIRE(subscriber.wait_until([&] { return subscriber.client().watcher("aide").state == "blind"; }));

    device.daemon.write_config(device.tree.section() + "enabled = false\n");
    REQUIRE(reload(device.daemon));
    CHECK(subscriber.wait_for("returned", "self.watcher.blind", "aide"));
    CHECK(subscriber.client().watcher("aide").state == "disabled");
    // What it had found is not gone by not looking.
    CHECK(subscriber.client().status().verdict() == INTEGRITY_VIOLATED);
    CHECK(subscriber.find("returned", "aide.entry.changed") == nullptr);

    device.configure();
    REQUIRE(reload(device.daemon));
    CHECK(subscriber.wait_for("raised", "self.watcher.blind", "aide"));
    CHECK(device.daemon.stop());
}
