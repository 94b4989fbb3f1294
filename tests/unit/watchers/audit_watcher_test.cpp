// The audit watcher as a whole: a real log and auditd.conf in a temporary directory, the kernel's status from a memory
// file. What the kernel's own feed brings is in audit_feed_watch_test.
#include "watchers/audit/audit_watcher.hpp"

#include <catch2/catch.hpp>

#include "unit/watchers/audit_device.hpp"

using namespace integrityd;
using test::audit_line;
using test::audit_write;
using test::AuditDevice;

namespace {

constexpr const char* matched = "audit.rule.matched";

std::string subject(const std::string& path) {
    return "identity files: " + path;
}

std::uint64_t number(const Observation& seen, const char* name) {
    return *seen.evidence.at(name).get<std::uint64_t>();
}

}  // namespace

TEST_CASE("that an act leaves a trace is claimed only while auditing is on and nothing is missing [REQ-43]") {
    AuditDevice device;
    device.log.open();
    device.start();
    const auto since = device.traces.recorded_since();
    REQUIRE(since);
    const auto look = [&device] {
        device.clock.advance(1'000'000);
        REQUIRE(device.watcher->check());
        device.turn();
    };
    look();
    CHECK(device.traces.recorded_since() == since);  // nothing happened to it
    device.set_status({.enabled = 0, .pid = static_cast<std::uint32_t>(getpid())});
    look();
    CHECK_FALSE(device.traces.recorded_since());
    device.set_status({.pid = static_cast<std::uint32_t>(getpid())});
    look();
    REQUIRE(device.traces.recorded_since());
    const auto again = device.traces.recorded_since();
    CHECK(*again > *since);
    device.set_status({.pid = static_cast<std::uint32_t>(getpid()), .lost = 7});
    look();
    CHECK(*device.traces.recorded_since() > *again);
}

TEST_CASE("nobody claims that acts leave a trace after auditing was switched off for a moment [REQ-42] [REQ-43]") {
    AuditDevice device;
    device.log.open();
    device.start();
    const auto since = device.traces.recorded_since();
    REQUIRE(since);
    device.clock.advance(1'000'000);
    // On again before anybody could look at the status, by a service.
    device.write(audit_line("CONFIG_CHANGE", 10, "op=set audit_enabled=0 old=1 auid=4294967295 ses=4294967295 res=1"));
    CHECK_FALSE(device.traces.recorded_since());
    device.clock.advance(1'000'000);
    device.seconds(1);  // the status is looked at: it is on
    REQUIRE(device.traces.recorded_since());
    CHECK(*device.traces.recorded_since() > *since + 1'000'000);
    device.seconds(2);
    CHECK(device.times(matched, "audit configuration: audit_enabled=0") == 1);
    device.watcher.reset();  // as a reload does it that switches the watcher off
    CHECK_FALSE(device.traces.recorded_since());
}

TEST_CASE("a look at the status that began before auditing was switched off does not say that it is on [REQ-43]") {
    AuditDevice device;
    device.log.open();
    device.start();
    REQUIRE(device.watcher->check());
    device.log.write(audit_line("CONFIG_CHANGE", 10, "op=set audit_enabled=0 old=1 auid=0 ses=1 res=1"));
    device.turn();
    CHECK_FALSE(device.traces.recorded_since());
    device.seconds(1);
    CHECK(device.traces.recorded_since());
}

TEST_CASE("the audit watcher is starting until both the log and the state of audit have been looked at") {
    AuditDevice device;
    device.log.open();
    device.begin();
    CHECK(device.present.finished == 0);
    SECTION("the state first") {
        (void)device.worker.run_all();
        CHECK(device.watcher->counters().contains("kernel_lost"));
        CHECK(device.present.finished == 0);
    }
    SECTION("the log first") {
        device.loop.run_posted();
        CHECK(device.traces.recorded_since());
        CHECK(device.present.finished == 0);
    }
    device.turn();
    CHECK(device.present.finished == 1);
    CHECK(device.watcher->counters().at("looks") == 1);
    CHECK(device.watcher->check());
    CHECK(device.watcher->check());  // joins the one that is on its way
    device.turn();
    CHECK(device.present.finished == 2);
}

TEST_CASE("a log that is not there ends the watcher's starting, too: it cannot look and says why") {
    AuditDevice device;
    device.start();
    CHECK(device.present.finished == 1);
    CHECK_FALSE(device.present.health_now.can_look);
    CHECK_FALSE(device.present.health_now.reason.empty());
    CHECK_FALSE(device.traces.recorded_since());
    device.log.open();
    device.seconds(2);
    device.accept();
    CHECK(device.present.health_now.can_look);
    CHECK(device.present.health_now.reason.empty());
    device.write(audit_write(7, "\"/etc/passwd\""));
    CHECK(device.times(matched, subject("/etc/passwd")) == 1);
}

TEST_CASE("what stands in the log before the first start is known and not told, what comes after is told") {
    AuditDevice device;
    device.log.write(audit_write(7, "\"/etc/old\""));
    device.start();
    CHECK(device.present.happenings.empty());
    CHECK(device.traces.size() == 1);
    device.write(audit_write(8, "\"/etc/new\""));
    CHECK(device.told(matched).size() == 1);
    CHECK(device.times(matched, subject("/etc/new")) == 1);
}

TEST_CASE("a restart tells nothing twice, and what was written meanwhile once") {
    AuditDevice device;
    device.log.open();
    device.start();
    const std::string open = audit_write(8, "\"/etc/open\"");
    const std::size_t half = open.find("type=PATH");
    device.write(audit_write(7, "\"/etc/before\"") + open.substr(0, half));
    CHECK(device.times(matched, subject("/etc/before")) == 1);
    SECTION("in order") {
        device.stop();
    }
    SECTION("killed") {
        device.kill();
    }
    device.log.write(open.substr(half));
    device.log.rotate();
    device.log.write(audit_write(9, "\"/etc/meanwhile\""));
    device.start();
    device.write(audit_write(10, "\"/etc/after\""));
    for (const char* const path : {"/etc/before", "/etc/open", "/etc/meanwhile", "/etc/after"}) {
        CAPTURE(path);
        CHECK(device.times(matched, subject(path)) == 1);
    }
    device.seconds(5);
    CHECK(device.present.happenings.size() == 4);
}

TEST_CASE("a profile that was taken out of the kernel is taken back with the next boot, and not before") {
    AuditDevice device;
    device.log.open();
    device.start();
    device.write(audit_line("AVC", 10,
                            "apparmor=\"STATUS\" operation=\"profile_remove\" profile=\"unconfined\" "
                            "name=\"/usr/sbin/chronyd\" pid=9 comm=\"apparmor_parser\""));
    device.seconds(3);
    CHECK(device.present.count("audit.mac.disabled") == 1);
    device.stop();
    device.start();
    CHECK(device.present.count("audit.mac.disabled") == 1);
    device.stop();
    device.clock.boot_id_ = "99999999-2222-3333-4444-555555555555";
    device.start();
    CHECK(device.present.count("audit.mac.disabled") == 0);
}

TEST_CASE("a storm that lasts is told ever more seldom, and its count is exact in the end [REQ-40]") {
    AuditDevice device;
    device.log.open();
    device.start();
    unsigned serial = 0;
    for (int second = 0; second < 300; ++second) {
        std::string storm;
        for (int i = 0; i < 3; ++i, ++serial)
            storm += audit_write(serial + 1, "\"/etc/file" + std::to_string(serial) + "\"");
        device.write(storm);
        device.seconds(1);
    }
    device.seconds(60);
    CHECK(device.told(matched).size() <= 20 + 6 + 5);
    CHECK(number(*device.told(matched).back(), "matches") == serial);
}

TEST_CASE("a storm is kept a second after it began, with what it counted until then") {
    AuditDevice device;
    device.log.open();
    device.start();
    std::string storm;
    for (unsigned serial = 1; serial <= 500; ++serial)
        storm += audit_write(serial, "\"/etc/file" + std::to_string(serial) + "\"");
    device.write(storm);
    device.seconds(1);
    CHECK(device.told(matched).size() == 21);
    CHECK(number(*device.told(matched).back(), "matches") == 500);
    device.kill();
    device.start();
    device.seconds(2);
    CHECK(device.told(matched).size() == 21);
}
