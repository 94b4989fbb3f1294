// The way of an audit record: a log that the test writes, real daemon, real bus, real client library.
#include <csignal>
#include <fstream>

#include <catch2/catch.hpp>

#include "support/audited_device.hpp"

using namespace integrityd::test;

namespace {

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

TEST_CASE("an audit record that a rule names reaches a subscriber with its actor [REQ-40]") {
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

TEST_CASE(
    "what is written while the daemon is down is told afterwards, through rotations, and nothing twice [REQ-40]") {
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

TEST_CASE("killed at any moment, it tells each record once [REQ-40]") {
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

TEST_CASE(
    "a log that is cut, taken away, opened to others or changed is told, and what is put right is taken back "
    "[REQ-41]") {
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

TEST_CASE("a storm of twenty thousand records is one violation with the exact number [REQ-40]") {
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
