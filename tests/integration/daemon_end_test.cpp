// How the daemon ends, what the next one says of it, and a check that runs meanwhile.
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "support/device.hpp"
#include "support/file_watch.hpp"

using namespace integrityd::test;

namespace {

// A check_command that writes what the test puts into a FIFO, and says its process id first.
struct SlowCheck {
    Device& device;
    std::string fifo = device.directory / "fifo";
    std::string script = device.directory / "check";
    std::string pid_file = device.directory / "check.pid";
    integrityd::UniqueFd writer;

    explicit SlowCheck(Device& of) : device(of) {
        REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
        std::ofstream(script) << "#!/bin/sh\necho $$ >" << pid_file << ".new\nmv " << pid_file << ".new " << pid_file
                              << "\nexec cat " << fifo << "\n";
        std::filesystem::permissions(script, std::filesystem::perms(0755));
        device.configure("check_command = [\"" + script + "\"]\n");
    }
    // It runs once somebody reads the FIFO; opening waits for that.
    void feed(const std::string& text) {
        if (!writer) writer.reset(open(fifo.c_str(), O_WRONLY | O_CLOEXEC));
        REQUIRE(write(writer.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    [[nodiscard]] pid_t pid() const {
        REQUIRE(wait_in_directory(device.directory.path(), [&] { return std::filesystem::exists(pid_file); }));
        return std::stoi(content_of(pid_file));
    }
};

std::uint64_t counter(Subscriber& subscriber, const std::string& name) {
    for (const auto& [counted, value] : subscriber.client().watcher("aide").counters) {
        if (counted == name) return value;
    }
    return 0;
}

std::string notice_text(const Subscriber& subscriber, const std::string& kind, const char* member) {
    for (auto event = subscriber.events.rbegin(); event != subscriber.events.rend(); ++event) {
        if (event->type() == "notice" && event->data()["kind"].text() == kind)
            return std::string(event->data()[member].text());
    }
    return "";
}

}  // namespace

TEST_CASE("after a kill the next start tells the gap, after an end in order there is none [REQ-14] [REQ-9]") {
    Device device;
    device.put_report({});
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));

    const unsigned lost = subscriber.lost;
    device.daemon.send(SIGKILL);
    (void)device.daemon.wait();
    CHECK(subscriber.wait_until([&] { return subscriber.lost == lost + 1; }));
    CHECK(subscriber.verdict == INTEGRITY_UNKNOWN);
    REQUIRE(device.daemon.start());
    REQUIRE(subscriber.wait_for("raised", "self.coverage.gap", "aide"));
    const auto gap = subscriber.find("raised", "self.coverage.gap")->violation();
    const auto from = gap.details()["from"].number();
    const auto to = gap.details()["to"].number();
    CHECK(from > 0);
    CHECK(from <= to);
    CHECK(gap.details()["watcher"].text() == "aide");
    CHECK(subscriber.wait_until([&] { return subscriber.back == lost + 1; }));
    subscriber.client().acknowledge(std::vector{gap.id()}, "seen");

    REQUIRE(device.daemon.stop());
    REQUIRE(device.daemon.start());
    CHECK(subscriber.wait_until([&] {
        return notice_text(subscriber, "self.started", "previous") == "stopped" && subscriber.back == lost + 2;
    }));
    REQUIRE(device.daemon.stop());
    REQUIRE(subscriber.wait_until([&] { return subscriber.lost == lost + 3; }));
    unsigned gaps = 0;
    for (const auto& event : subscriber.events)
        gaps += event.type() == "raised" && event.violation().kind() == "self.coverage.gap" ? 1 : 0;
    CHECK(gaps == 1);
}

TEST_CASE("a daemon that waits for its store is no sign that anything was watched [REQ-14]") {
    Device device;
    device.put_report({});
    REQUIRE(device.daemon.start());
    {
        Subscriber subscriber;
        REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
    }
    device.daemon.send(SIGKILL);
    (void)device.daemon.wait();
    timespec now{};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    const timespec times[] = {now, now};
    REQUIRE(utimensat(AT_FDCWD, device.state_file().c_str(), times, 0) == 0);
    const auto last_sign =
        static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;

    const std::string state = device.daemon.state_dir();
    const std::string away = device.directory / "away";
    std::filesystem::rename(state, away);
    std::filesystem::create_symlink(device.directory / "nowhere", state);
    const auto says_so = [&] { return content_of(device.state_file()).find("store.db") != std::string::npos; };
    // One that ends without a store, and one that gets its store after all.
    REQUIRE(device.daemon.start());
    REQUIRE(wait_in_directory(device.daemon.runtime_dir(), says_so));
    REQUIRE(device.daemon.stop());
    REQUIRE(device.daemon.start());
    REQUIRE(wait_in_directory(device.daemon.runtime_dir(), says_so));
    std::filesystem::remove(state);
    std::filesystem::rename(away, state);
    REQUIRE(device.daemon.wait_for_notice("STATUS=Verdict"));
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
    std::uint64_t from = 0;
    subscriber.client().for_each_violation({}, [&](const integrity::Violation& one) {
        if (one.kind() == "self.coverage.gap") from = one.details()["from"].number();
    });
    CHECK(from == last_sign);
    CHECK(device.daemon.stop());
}

TEST_CASE("who asks all watchers reaches those that are free beside one that is at it [REQ-1]") {
    Device device;
    device.put_report({});
    SlowCheck check(device);
    const std::string log = device.directory / "audit.log";
    std::ofstream(log).close();
    device.configure("check_command = [\"" + check.script + "\"]\n[audit]\nlog = \"" + log + "\"\nconfig = \"" +
                     (device.directory / "auditd.conf") + "\"\nnetlink = false\n");
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    const auto last_look = [&] { return subscriber.client().watcher("audit").last_look; };
    REQUIRE(subscriber.wait_until([&] { return last_look() != integrity::Time{}; }));
    subscriber.client().check_now("aide");
    REQUIRE(counter(subscriber, "check_running") == 1);

    const auto before = last_look();
    CHECK_NOTHROW(subscriber.client().check_now(""));
    CHECK(subscriber.wait_until([&] { return last_look() != before; }));
    CHECK(counter(subscriber, "check_running") == 1);
    CHECK(device.daemon.stop());
}

TEST_CASE("a check shows how far it is, and its report counts when it has ended [REQ-1] [REQ-35]") {
    Device device;
    device.put_report({});
    SlowCheck check(device);
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
    const std::string report = device.report({"/etc/motd"});

    subscriber.client().check_now("aide");
    CHECK(counter(subscriber, "check_running") == 1);
    check.feed(report.substr(0, 100));
    CHECK(subscriber.wait_until([&] { return counter(subscriber, "check_output_bytes") == 100; }));
    try {
        subscriber.client().check_now("aide");
        FAIL("a second check beside the first one");
    } catch (const integrity::Error& error) {
        CHECK(error.code() == EBUSY);
    }
    CHECK(subscriber.find("raised", "aide.entry.changed") == nullptr);
    check.feed(report.substr(100));
    check.writer.reset();
    CHECK(subscriber.wait_for("raised", "aide.entry.changed", "/etc/motd"));
    CHECK(subscriber.wait_until([&] { return counter(subscriber, "check_running") == 0; }));
    CHECK(counter(subscriber, "check_output_bytes") == report.size());
    CHECK(device.daemon.stop());
}

TEST_CASE("an end in the middle of everything is in order, and leaves nothing running [REQ-35] [REQ-6]") {
    Device device;
    device.put_report({});
    SlowCheck check(device);
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
    subscriber.client().check_now("aide");
    const pid_t child = check.pid();
    std::vector<std::string> paths;
    for (unsigned i = 0; i < 900; ++i)
        paths.push_back("/srv/file-" + std::to_string(i));
    SECTION("while events arrive") {
        device.put_report(paths);
    }
    SECTION("while the bus hangs") {
        device.bus.signal(SIGSTOP);
        device.put_report(paths);
    }
    SECTION("while there is no bus") {
        device.bus.stop();
        device.put_report(paths);
    }
    CHECK(device.daemon.stop());
    CHECK((kill(child, 0) == -1 && errno == ESRCH));
    CHECK(integrity_verdict_at(device.state_file().c_str(), nullptr) == INTEGRITY_UNKNOWN);

    device.bus.stop();
    device.bus.start();
    REQUIRE(device.daemon.start());
    CHECK(subscriber.wait_until([&] { return notice_text(subscriber, "self.started", "previous") == "stopped"; }));
    CHECK(subscriber.wait_for("raised", "aide.entry.changed", paths.back()));
    for (std::size_t i = 1; i < subscriber.events.size(); ++i)
        REQUIRE(subscriber.events[i].sequence() == subscriber.events[i - 1].sequence() + 1);
    CHECK(subscriber.client().verify_events().intact);
    CHECK(device.daemon.stop());
}
