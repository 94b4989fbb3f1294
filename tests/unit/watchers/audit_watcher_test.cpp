// The audit watcher as a whole: a real log and auditd.conf in a temporary directory, the kernel's status from a memory
// file. What the kernel's own feed brings is in audit_feed_watch_test.
#include "watchers/audit/audit_watcher.hpp"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "support/skip.hpp"
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

// Events of programs, that nobody is told of, with these serials.
std::string quiet_events(unsigned first, unsigned last) {
    std::string text;
    for (unsigned serial = first; serial <= last; ++serial)
        text += audit_line("SERVICE_START", serial, "pid=1 uid=0 msg='unit=cron res=success'");
    return text;
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

TEST_CASE("serials that are missing in the log are told exactly") {
    AuditDevice device;
    device.log.open();
    device.start();
    device.write(quiet_events(10, 20) + quiet_events(31, 32));
    CHECK(device.present.happenings.empty());  // they may still come
    device.seconds(5);
    const auto gaps = device.told("audit.log.gap");
    REQUIRE(gaps.size() == 1);
    CHECK(number(*gaps[0], "first_serial") == 21);
    CHECK(number(*gaps[0], "last_serial") == 30);
    CHECK(number(*gaps[0], "count") == 10);
    CHECK_FALSE(gaps[0]->severity);
    CHECK(device.present.happenings.size() == 1);
}

TEST_CASE("serials that are missing while auditd did not run are told as lost, and low: its end is told by itself") {
    AuditDevice device;
    device.log.open();
    device.start();
    // Its own serial is of another counter, and its time lies between.
    device.write(quiet_events(10, 20) +
                 "type=DAEMON_START msg=audit(1800000000.125:9001): op=start ver=3.0.9 res=success\n" +
                 quiet_events(31, 32));
    device.seconds(5);
    CHECK(device.told("audit.log.gap").empty());
    const auto lost = device.told("audit.records.lost");
    REQUIRE(lost.size() == 1);
    CHECK(lost[0]->severity == Severity::low);
    CHECK(number(*lost[0], "count") == 10);
    CHECK(lost[0]->summary == "10 events are missing: serials 21 to 30; auditd was started in between");
}

TEST_CASE("serials that are missing over a restart are told, those of another boot begin anew") {
    AuditDevice device;
    device.log.open();
    device.start();
    device.write(quiet_events(500, 510));
    device.stop();
    std::size_t gaps = 1;
    SECTION("the same boot") {}
    SECTION("another boot") {
        device.clock.boot_id_ = "99999999-2222-3333-4444-555555555555";
        gaps = 0;
    }
    device.log.write(quiet_events(521, 530));
    device.start();
    device.seconds(5);
    CHECK(device.told("audit.log.gap").size() == gaps);
    CHECK(device.present.happenings.size() == gaps);
}

TEST_CASE("a place in the log that is gone is a gap of our own, with the number of events that were in it") {
    AuditDevice device;
    device.log.open();
    device.start();
    device.write(quiet_events(10, 20));
    device.stop();
    for (unsigned rotation = 0; rotation < 6; ++rotation) {
        device.log.write(quiet_events(21 + rotation * 10, 30 + rotation * 10));
        device.log.rotate();
    }
    device.start();
    device.seconds(5);
    const auto gaps = device.told("self.coverage.gap");
    REQUIRE(gaps.size() == 1);
    CHECK(number(*gaps[0], "first_serial") == 21);
    CHECK(number(*gaps[0], "count") == number(*gaps[0], "last_serial") - 20);
    CHECK(number(*gaps[0], "from") < number(*gaps[0], "to"));
    CHECK(device.told("audit.log.gap").empty());
}

TEST_CASE("where the kernel's feed is followed, a hole in the log is told from there alone") {
    AuditDevice device;
    device.config.audit.netlink = true;
    device.kernel.feed = UniqueFd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_USERSOCK));
    if (!test::skip_unless(device.kernel.feed.get() >= 0, "no netlink sockets here")) return;
    device.log.open();
    device.start();
    device.accept();
    CHECK(device.present.health_now.can_look);
    device.write(quiet_events(10, 20) + quiet_events(31, 32));
    device.seconds(10);
    CHECK(device.present.happenings.empty());
    CHECK(device.watcher->counters().at("log_serials_missing") == 10);
}

TEST_CASE("a feed that may not be joined is a reason why not all is seen, and holes are told from the log") {
    AuditDevice device;
    device.config.audit.netlink = true;
    device.log.open();
    device.start();
    device.accept();
    CHECK_FALSE(device.present.health_now.can_look);
    CHECK(device.present.health_now.reason == "the kernel's audit feed cannot be followed: audit: not permitted");
    device.write(quiet_events(10, 20) + quiet_events(31, 32));
    device.seconds(5);
    CHECK(device.told("audit.log.gap").size() == 1);
}

TEST_CASE("what is done to the log is a condition of the file, and taken back when it is put right") {
    AuditDevice device;
    device.log.open();
    device.start();
    device.write(quiet_events(10, 20));
    REQUIRE(chmod(device.log.path().c_str(), 0644) == 0);
    device.seconds(1);
    REQUIRE(device.present.has("audit.log.permissions", device.log.path()));
    const Observation& seen = device.present.get("audit.log.permissions", device.log.path());
    CHECK(seen.evidence.at("finding").text() == "permissions");
    CHECK(seen.evidence.at("found").text() != seen.evidence.at("expected").text());
    REQUIRE(chmod(device.log.path().c_str(), 0600) == 0);
    device.seconds(1);
    CHECK(device.present.count("audit.log.permissions") == (geteuid() == 0 ? 0 : 1));
    device.log.stop();
    std::filesystem::remove(device.log.path());
    device.seconds(2);
    CHECK(device.present.has("audit.log.removed", device.log.path()));
    device.write(quiet_events(21, 22));
    device.seconds(2);
    CHECK_FALSE(device.present.has("audit.log.removed", device.log.path()));
}

TEST_CASE("a log that is cut tells from where to where") {
    AuditDevice device;
    device.log.open();
    device.start();
    const std::string text = quiet_events(10, 20);
    device.write(text);
    std::filesystem::resize_file(device.log.path(), 100);
    device.seconds(1);
    const auto cut = device.told("audit.log.truncated");
    REQUIRE(cut.size() == 1);
    CHECK(cut[0]->subject == device.log.path());
    CHECK(number(*cut[0], "from_byte") == 100);
    CHECK(number(*cut[0], "to_byte") == text.size());
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
