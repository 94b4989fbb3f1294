// The log as the audit watcher tells of it: what is wrong with it as an object, and which serials it lacks.
#include <fstream>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <catch2/catch.hpp>

#include "support/skip.hpp"
#include "unit/watchers/audit_device.hpp"

using namespace integrityd;
using test::AuditDevice;
using test::quiet_audit_events;

namespace {

std::uint64_t number(const Observation& seen, const char* name) {
    return *seen.evidence.at(name).get<std::uint64_t>();
}

// The kernel's feed, on which nothing comes. False: there can be none here.
bool follow_feed(AuditDevice& device) {
    device.config.audit.netlink = true;
    device.kernel.feed = UniqueFd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_USERSOCK));
    return test::skip_unless(device.kernel.feed.get() >= 0, "no netlink sockets here");
}

}  // namespace

TEST_CASE("serials that are missing in the log are told exactly") {
    AuditDevice device;
    device.log.open();
    device.start();
    device.write(quiet_audit_events(10, 20) + quiet_audit_events(31, 32));
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
    device.write(quiet_audit_events(10, 20) +
                 "type=DAEMON_START msg=audit(1800000000.125:9001): op=start ver=3.0.9 res=success\n" +
                 quiet_audit_events(31, 32));
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
    device.write(quiet_audit_events(500, 510));
    device.stop();
    std::size_t gaps = 1;
    SECTION("the same boot") {}
    SECTION("another boot") {
        device.clock.boot_id_ = "99999999-2222-3333-4444-555555555555";
        gaps = 0;
    }
    device.log.write(quiet_audit_events(521, 530));
    device.start();
    device.seconds(5);
    CHECK(device.told("audit.log.gap").size() == gaps);
    CHECK(device.present.happenings.size() == gaps);
}

TEST_CASE("a place in the log that is gone is a gap of our own, with the number of events that were in it") {
    AuditDevice device;
    device.log.open();
    device.start();
    device.write(quiet_audit_events(10, 20));
    device.stop();
    for (unsigned rotation = 0; rotation < 6; ++rotation) {
        device.log.write(quiet_audit_events(21 + rotation * 10, 30 + rotation * 10));
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
    if (!follow_feed(device)) return;
    device.log.open();
    device.start();
    device.accept();
    CHECK(device.present.health_now.can_look);
    device.write(quiet_audit_events(10, 20) + quiet_audit_events(31, 32));
    device.seconds(10);
    CHECK(device.present.happenings.empty());
    CHECK(device.watcher->counters().at("log_serials_missing") == 10);
}

TEST_CASE("a hole of before the feed was joined is told from the log: no feed saw what was in it [REQ-41]") {
    AuditDevice device;
    if (!follow_feed(device)) return;
    device.log.open();
    device.start();
    device.write(quiet_audit_events(10, 20));
    SECTION("made while the daemon was away") {
        device.stop();
        device.log.write(quiet_audit_events(31, 40));
        device.start();
    }
    SECTION("made while the daemon was away, and then the clock was set back") {
        device.stop();
        device.clock.wall_ -= 3'600'000'000;
        device.log.write(quiet_audit_events(31, 40));
        device.start();
    }
    device.write(quiet_audit_events(41, 42));
    device.seconds(5);
    const auto gaps = device.told("audit.log.gap");
    REQUIRE(gaps.size() == 1);
    CHECK(number(*gaps[0], "first_serial") == 21);
    CHECK(number(*gaps[0], "count") == 10);
}

TEST_CASE("a hole that was found just before the daemon ends is told by the next run, once [REQ-41]") {
    AuditDevice device;
    SECTION("without the feed") {}
    SECTION("with the feed") {
        if (!follow_feed(device)) return;
    }
    device.log.open();
    device.start();
    device.write(quiet_audit_events(10, 20) + quiet_audit_events(31, 40));
    device.seconds(1);
    CHECK(device.present.happenings.empty());
    device.stop();
    device.start();
    device.seconds(5);
    REQUIRE(device.told("audit.log.gap").size() == 1);
    CHECK(number(*device.told("audit.log.gap")[0], "first_serial") == 21);
    CHECK(number(*device.told("audit.log.gap")[0], "count") == 10);
}

TEST_CASE("a hole is told once, also where the daemon is killed when it has told it") {
    AuditDevice device;
    device.log.open();
    device.start();
    device.write(quiet_audit_events(10, 20) + quiet_audit_events(31, 40));
    while (device.present.happenings.empty())
        device.seconds(1);
    device.kill();
    device.start();
    device.seconds(5);
    CHECK(device.present.happenings.size() == 1);
}

TEST_CASE("a hole that was found just before the daemon ends, and is filled by a late record, is none") {
    AuditDevice device;
    device.log.open();
    device.start();
    device.write(quiet_audit_events(10, 20) + quiet_audit_events(22, 30));
    device.stop();
    device.log.write(quiet_audit_events(21, 21) + quiet_audit_events(31, 32));
    device.start();
    device.seconds(5);
    CHECK(device.present.happenings.empty());
}

TEST_CASE(
    "a hole that begins before the feed was joined is told from the log, although both are watched now [REQ-41]") {
    AuditDevice device;
    if (!follow_feed(device)) return;
    const UniqueFd feed = std::exchange(device.kernel.feed, {});
    device.log.open();
    device.start();
    device.write(quiet_audit_events(10, 20));
    device.clock.advance(10'000'000);
    device.kernel.feed = UniqueFd(dup(feed.get()));
    device.seconds(2);  // it is tried again
    REQUIRE(device.watcher->counters().at("feed_joins") == 1);
    device.write(quiet_audit_events(31, 40));
    device.seconds(5);
    CHECK(device.told("audit.log.gap").size() == 1);
}

TEST_CASE("holes at starts of auditd that are caught up with are told as lost, and low") {
    AuditDevice device;
    device.log.open();
    device.start();
    device.write(quiet_audit_events(10, 20));
    device.stop();
    const auto start_of_auditd = [](unsigned milliseconds) {
        return "type=DAEMON_START msg=audit(1800000000." + std::to_string(milliseconds) +
               ":9001): op=start res=success\n";
    };
    // Of the second the kernel held records that are older than the start.
    device.log.write(start_of_auditd(125) + quiet_audit_events(31, 40) + start_of_auditd(160) +
                     quiet_audit_events(51, 52));
    device.start();
    device.seconds(5);
    CHECK(device.told("audit.log.gap").empty());
    const auto lost = device.told("audit.records.lost");
    REQUIRE(lost.size() == 2);
    CHECK(lost[0]->severity == Severity::low);
    CHECK(lost[1]->severity == Severity::low);
}

TEST_CASE("a feed that may not be joined is a reason why not all is seen, and holes are told from the log") {
    AuditDevice device;
    device.config.audit.netlink = true;
    device.log.open();
    device.start();
    device.accept();
    CHECK_FALSE(device.present.health_now.can_look);
    CHECK(device.present.health_now.reason == "the kernel's audit feed cannot be followed: audit: not permitted");
    device.write(quiet_audit_events(10, 20) + quiet_audit_events(31, 32));
    device.seconds(5);
    CHECK(device.told("audit.log.gap").size() == 1);
}

TEST_CASE("what is done to the log is a condition of the file, and taken back when it is put right") {
    AuditDevice device;
    device.log.open();
    device.start();
    device.write(quiet_audit_events(10, 20));
    REQUIRE(chmod(device.log.path().c_str(), 0644) == 0);
    device.seconds(1);
    REQUIRE(device.present.has("audit.log.permissions", device.log.path()));
    const Observation& seen = device.present.get("audit.log.permissions", device.log.path());
    CHECK(seen.evidence.at("finding").text() == "permissions");
    CHECK(seen.evidence.at("found").text() != seen.evidence.at("expected").text());
    REQUIRE(chmod(device.log.path().c_str(), 0600) == 0);
    device.seconds(1);
    CHECK(device.present.has("audit.log.permissions", device.log.path()) == (geteuid() != 0));
    device.log.stop();
    std::filesystem::remove(device.log.path());
    device.seconds(2);
    CHECK(device.present.has("audit.log.removed", device.log.path()));
    device.write(quiet_audit_events(21, 22));
    device.seconds(2);
    CHECK_FALSE(device.present.has("audit.log.removed", device.log.path()));
}

TEST_CASE("what was wrong with the log and was put right while nobody watched is taken back at the start [REQ-41]") {
    AuditDevice device;
    if (!test::skip_unless(geteuid() == 0, "a log that is not root's is wrong all the time")) return;
    device.log.open();
    device.start();
    device.write(quiet_audit_events(10, 20));
    device.log.rotate();
    device.seconds(1);
    CHECK(device.present.held.empty());
    SECTION("an older file, put right while it was watched") {
        REQUIRE(chmod(device.log.older(1).c_str(), 0644) == 0);
        device.seconds(1);
        const std::string older = device.log.path() + ".*";
        REQUIRE(device.present.has("audit.log.permissions", older));
        const ValueMap evidence = device.present.get("audit.log.permissions", older).evidence;
        // The same with each rotation.
        device.write(quiet_audit_events(21, 22));
        device.log.rotate();
        device.seconds(1);
        REQUIRE(device.present.has("audit.log.permissions", older));
        CHECK(device.present.get("audit.log.permissions", older).evidence == evidence);
        CHECK(device.present.held.size() == 1);
        REQUIRE(chmod(device.log.older(2).c_str(), 0600) == 0);
        device.seconds(1);
    }
    SECTION("the log's mode") {
        REQUIRE(chmod(device.log.path().c_str(), 0644) == 0);
        device.seconds(1);
        CHECK(device.present.has("audit.log.permissions", device.log.path()));
        device.stop();
        REQUIRE(chmod(device.log.path().c_str(), 0600) == 0);
        device.start();
    }
    SECTION("the log itself") {
        device.log.stop();
        std::filesystem::remove(device.log.path());
        device.seconds(2);
        CHECK(device.present.has("audit.log.removed", device.log.path()));
        device.stop();
        device.log.open();
        device.start();
    }
    CHECK(device.present.held.empty());
}

TEST_CASE("a log that is still gone after a restart goes on being told, and is not taken back in between [REQ-41]") {
    AuditDevice device;
    device.log.open();
    device.start();
    device.write(quiet_audit_events(10, 20));
    device.log.stop();
    std::filesystem::remove(device.log.path());
    device.seconds(2);
    REQUIRE(device.present.has("audit.log.removed", device.log.path()));
    device.stop();
    device.start();
    CHECK(device.present.has("audit.log.removed", device.log.path()));
    device.seconds(2);
    CHECK(device.present.has("audit.log.removed", device.log.path()));
}

TEST_CASE("a log that belongs to another group than auditd's is told, where that group may read it [REQ-41]") {
    AuditDevice device;
    if (!test::skip_unless(geteuid() == 0, "only root gives files to other groups")) return;
    std::ofstream(device.config.audit.config) << "log_file = audit.log\nlog_group = 4\n";
    device.log.open();
    const std::string& path = device.log.path();
    REQUIRE(chmod(path.c_str(), 0640) == 0);
    const auto look_with_group = [&](gid_t group) {
        REQUIRE(chown(path.c_str(), 0, group) == 0);
        device.seconds(1);
    };
    device.start();
    look_with_group(4);
    CHECK(device.present.held.empty());
    look_with_group(65534);
    REQUIRE(device.present.has("audit.log.permissions", path));
    CHECK(device.present.get("audit.log.permissions", path).evidence.at("expected").text() == "0640 0:4");
    look_with_group(0);
    CHECK(device.present.held.empty());
}

TEST_CASE("a log that is cut tells from where to where") {
    AuditDevice device;
    device.log.open();
    device.start();
    const std::string text = quiet_audit_events(10, 20);
    device.write(text);
    std::filesystem::resize_file(device.log.path(), 100);
    device.seconds(1);
    const auto cut = device.told("audit.log.truncated");
    REQUIRE(cut.size() == 1);
    CHECK(cut[0]->subject == device.log.path());
    CHECK(number(*cut[0], "from_byte") == 100);
    CHECK(number(*cut[0], "to_byte") == text.size());
}
