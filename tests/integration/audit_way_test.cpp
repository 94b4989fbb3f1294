// The way of an audit record: a log that the test writes, real daemon, real bus, real client library.
#include <csignal>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "support/device.hpp"

using namespace integrityd::test;

namespace fs = std::filesystem;

namespace {

struct AuditedDevice : Device {
    std::string log = directory / "audit/audit.log";
    unsigned serial = 100;

    AuditedDevice() {
        fs::create_directories(directory / "audit");
        fs::create_directories(directory / "etc");
        std::ofstream(directory / "etc/auditd.conf") << "log_file = audit.log\n";
        make_log();
        daemon.write_config(tree.section() + "[audit]\nnetlink = false\nlog = \"" + log + "\"\nconfig = \"" +
                            (directory / "etc/auditd.conf") +
                            "\"\n[[audit.rule]]\nname = \"identity files\"\nkey = \"identity\"\n");
    }
    void make_log() const {
        std::ofstream{log};
        fs::permissions(log, fs::perms(0600));
    }
    // As auditd rotates: the old ones count up, a new one takes the name.
    void rotate() const {
        for (int number = 8; number >= 1; --number) {
            const std::string older = log + "." + std::to_string(number);
            if (fs::exists(older)) fs::rename(older, log + "." + std::to_string(number + 1));
        }
        fs::rename(log, log + ".1");
        make_log();
    }
    void append(const std::string& text) const { std::ofstream(log, std::ios::app) << text; }

    // Somebody writes this file.
    void record_write(const std::string& path, const std::string& key = "identity") {
        const std::string stamp =
            " msg=audit(" + std::to_string(std::time(nullptr)) + ".500:" + std::to_string(++serial) + "): ";
        append("type=SYSCALL" + stamp +
               "arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=7f a2=241 a3=1b6 items=1 ppid=1 pid=4711 "
               "auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=3 comm=\"vi\" "
               "exe=\"/usr/bin/vi\" key=\"" +
               key + "\"\ntype=CWD" + stamp + "cwd=\"/\"\ntype=PATH" + stamp + "item=0 name=\"" + path +
               "\" inode=42 dev=fe:01 mode=0100644 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL\ntype=PROCTITLE" + stamp +
               "proctitle=\"vi\"\n");
    }
};

// What stands in the log when the first run begins is history: from now on it is news. And it comes as an event, not
// with the snapshot.
void wait_for_first_look(Subscriber& subscriber) {
    REQUIRE(subscriber.wait_until([&] {
        for (const auto& watcher : subscriber.client().watchers())
            if (watcher.name == "audit") return watcher.state != "starting" && subscriber.snapshots > 0;
        return false;
    }));
}

std::string subject(const std::string& path) {
    return "identity files: " + path;
}

std::size_t times_raised(const Subscriber& subscriber, const std::string& of) {
    return static_cast<std::size_t>(
        std::count_if(subscriber.events.begin(), subscriber.events.end(),
                      [&](const auto& event) { return event.violation() && event.violation().subject() == of; }));
}

// Whether the one violation that stands for all has come to this number.
bool storm_of(const Subscriber& subscriber, unsigned records) {
    return std::any_of(subscriber.events.begin(), subscriber.events.end(), [&](const auto& event) {
        return event.violation() && event.violation().subject() == "identity files: storm" &&
               event.violation().details()["matches"].number() == records;
    });
}

}  // namespace

TEST_CASE("an audit record that a rule names reaches a subscriber with its actor [REQ-1]") {
    AuditedDevice device;
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    wait_for_first_look(subscriber);
    device.record_write("/etc/passwd");
    REQUIRE(subscriber.wait_for("raised", "audit.rule.matched", subject("/etc/passwd")));
    const auto violation =
        subscriber.client().violation(subscriber.find("raised", "audit.rule.matched")->violation().id());
    CHECK(violation.details()["actor"]["exe"].text() == "/usr/bin/vi");
    CHECK(violation.details()["actor"]["tty"].text() == "pts0");
    CHECK(violation.details()["actor_auid"].number() == 1000U);
    CHECK(device.daemon.stop());
}

TEST_CASE("what is written while the daemon is down is told afterwards, through rotations, and nothing twice") {
    AuditedDevice device;
    REQUIRE(device.daemon.start());
    {
        Subscriber subscriber;
        wait_for_first_look(subscriber);
        device.record_write("/etc/before");
        REQUIRE(subscriber.wait_for("raised", "audit.rule.matched", subject("/etc/before")));
    }
    CHECK(device.daemon.stop());
    for (const char* const path : {"/etc/one", "/etc/two", "/etc/three"}) {
        device.record_write(path);
        device.rotate();
    }
    device.record_write("/etc/four");
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    for (const char* const path : {"/etc/one", "/etc/two", "/etc/three", "/etc/four"})
        REQUIRE(subscriber.wait_until([&] {
            for (const auto& [id, violation] : subscriber.snapshot)
                if (violation.subject() == subject(path)) return violation.count() == 1;
            return times_raised(subscriber, subject(path)) == 1;
        }));
    for (const auto& [id, violation] : subscriber.snapshot) {
        CAPTURE(violation.subject());
        CHECK(violation.kind() != "audit.log.gap");
        CHECK(violation.kind() != "self.coverage.gap");
        if (violation.subject() == subject("/etc/before")) CHECK(violation.count() == 1);
    }
    CHECK(device.daemon.stop());
}

TEST_CASE("killed at any moment, it tells each record once") {
    AuditedDevice device;
    for (int round = 0; round < 5; ++round) {
        REQUIRE(device.daemon.start());
        Subscriber subscriber;
        wait_for_first_look(subscriber);
        const std::string path = "/etc/round" + std::to_string(round);
        device.record_write(path);
        REQUIRE(subscriber.wait_until(
            [&] { return subscriber.find("raised", "audit.rule.matched", subject(path)) != nullptr; }));
        device.daemon.send(SIGKILL);
        (void)device.daemon.wait();
    }
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    wait_for_first_look(subscriber);
    device.record_write("/etc/last");
    REQUIRE(subscriber.wait_for("raised", "audit.rule.matched", subject("/etc/last")));
    std::size_t found = 0;
    for (const auto& [id, violation] : subscriber.snapshot) {
        if (violation.kind() != "audit.rule.matched") continue;
        CAPTURE(violation.subject());
        CHECK(violation.count() == 1);
        ++found;
    }
    CHECK(found == 5);
    CHECK(device.daemon.stop());
}

TEST_CASE("a log that is cut, taken away, opened to others or changed is told, and what is put right is taken back") {
    AuditedDevice device;
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    wait_for_first_look(subscriber);
    device.record_write("/etc/one");
    REQUIRE(subscriber.wait_for("raised", "audit.rule.matched", subject("/etc/one")));

    fs::permissions(device.log, fs::perms(0644));
    CHECK(subscriber.wait_for("raised", "audit.log.permissions", device.log));
    fs::permissions(device.log, fs::perms(0600));
    CHECK(subscriber.wait_for("returned", "audit.log.permissions", device.log));

    {
        std::fstream file(device.log, std::ios::in | std::ios::out);
        file.seekp(60);
        file << "X";
    }
    CHECK(subscriber.wait_for("raised", "audit.log.rewritten", device.log));
    fs::resize_file(device.log, 10);
    CHECK(subscriber.wait_for("raised", "audit.log.truncated", device.log));
    fs::remove(device.log);
    CHECK(subscriber.wait_for("raised", "audit.log.removed", device.log));
    device.make_log();
    CHECK(subscriber.wait_for("returned", "audit.log.removed", device.log));
    device.record_write("/etc/after");
    CHECK(subscriber.wait_for("raised", "audit.rule.matched", subject("/etc/after")));
    CHECK(device.daemon.stop());
}

TEST_CASE("a storm of twenty thousand records is one violation with the exact number") {
    AuditedDevice device;
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    wait_for_first_look(subscriber);
    constexpr unsigned records = 20'000;
    for (unsigned i = 0; i < records; ++i)
        device.record_write("/srv/file" + std::to_string(i));
    CHECK(subscriber.wait_until([&] { return storm_of(subscriber, records); }));
    CHECK(device.daemon.stop());
}

// Each time is a write to flash. The daemon has read what there is before the next record comes.
TEST_CASE("a storm that goes on is told once a second, however small the pieces in which it is read") {
    AuditedDevice device;
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    wait_for_first_look(subscriber);
    constexpr unsigned records = 200;
    for (unsigned i = 0; i < records; ++i) {
        device.record_write("/srv/file" + std::to_string(i));
        (void)subscriber.client().watchers();
    }
    REQUIRE(subscriber.wait_until([&] { return storm_of(subscriber, records); }));
    integrity::Duration before{};
    for (const auto& event : subscriber.events) {
        if (!event.violation() || event.violation().subject() != "identity files: storm") continue;
        CHECK(event.boottime() - before >= std::chrono::milliseconds(900));
        before = event.boottime();
    }
    CHECK(device.daemon.stop());
}
