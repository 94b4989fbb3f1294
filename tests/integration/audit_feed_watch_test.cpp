// The audit watcher with the kernel's own feed, and a log that the test writes, or leaves unwritten, in auditd's place.
// As root, where nobody else uses audit.
#include <algorithm>
#include <poll.h>

#include <catch2/catch.hpp>

#include "core/clock.hpp"
#include "sources/audit_feed.hpp"
#include "support/audit_host.hpp"
#include "support/skip.hpp"
#include "unit/watchers/audit_device.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

bool possible() {
    const std::string why = AuditHost::why_not();
    return skip_unless(why.empty(), why);
}

constexpr const char* matched = "audit.rule.matched";
constexpr const char* subject = "messages: /usr/sbin/auditctl";

struct Rig {
    AuditHost host;
    UniqueFd own;  // a second look at the feed: what auditd would write
    AuditDevice device;

    // The watcher's last: whoever joins is an event on the feeds of those that are there.
    explicit Rig(bool start_now = true) {
        auto first = host.kernel().join_feed();
        auto second = host.kernel().join_feed();
        REQUIRE(first);
        REQUIRE(second);
        own = std::move(*first);
        device.kernel.feed = std::move(*second);
        // The kernel's records have the machine's time, as of its last tick, which is up to 10 ms ago.
        device.clock.wall_ = SystemClock().wall() - 10'000;
        device.config.audit.netlink = true;
        device.config.audit.rules = {{.name = "messages", .type = "USER"}};
        if (start_now) start();
    }
    void start() {
        device.log.open();
        device.start();
        device.accept();
    }
    // All that auditd would have written until this one.
    std::string lines_until(const std::string& text) {
        std::string lines;
        REQUIRE(AuditHost::auditctl("-m " + text));
        REQUIRE(wait_for_record(own.get(), [&](std::uint16_t type, std::string_view payload) {
            lines += "type=UNKNOWN[" + std::to_string(type) + "] msg=" + std::string(payload) + "\n";
            return payload.find(text) != std::string_view::npos;
        }));
        return lines;
    }
    // A record of the kernel, as auditd would write it; the watcher has it from the feed.
    std::string message(const std::string& text) {
        std::string line;
        REQUIRE(AuditHost::auditctl("-m " + text));
        REQUIRE(wait_for_record(own.get(), [&](std::uint16_t type, std::string_view payload) {
            if (type != 1005 || payload.find(text) == std::string_view::npos) return false;
            line = "type=USER msg=" + std::string(payload) + "\n";
            return true;
        }));
        device.turn();
        return line;
    }
    // The test's own listening is told as well (audit listeners).
    [[nodiscard]] std::vector<const Observation*> messages() const {
        auto told = device.told(matched);
        std::erase_if(told, [](const Observation* seen) { return !seen->subject.starts_with("messages"); });
        return told;
    }
    [[nodiscard]] std::size_t times() const { return messages().size(); }
};

}  // namespace

TEST_CASE("what the log brings in time is told from the log, once") {
    if (!possible()) return;
    Rig rig;
    CHECK(rig.device.present.health_now.can_look);
    const std::string line = rig.message("integrityd-one");
    CHECK(rig.times() == 0);  // the log is waited for
    rig.device.seconds(1);
    CHECK(rig.times() == 0);
    rig.device.write(line);
    CHECK(rig.times() == 1);
    rig.device.seconds(10);
    CHECK(rig.times() == 1);
}

TEST_CASE("what the log does not bring is told from the feed when the patience is over, and not again by a late log") {
    if (!possible()) return;
    Rig rig;
    const std::string line = rig.message("integrityd-two");
    rig.device.seconds(3);
    REQUIRE(rig.times() == 1);
    CHECK(rig.messages().front()->subject == subject);
    rig.device.write(line);
    rig.device.seconds(3);
    CHECK(rig.times() == 1);
    SECTION("nor after a restart") {
        rig.device.stop();
        rig.device.log.rotate();
        rig.device.log.write(line);
        rig.device.start();
        rig.device.seconds(3);
        CHECK(rig.times() == 1);
    }
}

TEST_CASE("where the kernel names no auditd the feed is told from at once") {
    if (!possible()) return;
    Rig rig;
    rig.device.set_status({.pid = 0});
    REQUIRE(rig.device.watcher->check());
    rig.device.turn();
    (void)rig.message("integrityd-three");
    CHECK(rig.times() == 1);
}

TEST_CASE("an event that stands in neither the log nor in what came behind it is told as lost") {
    if (!possible()) return;
    Rig rig;
    (void)rig.message("integrityd-first");  // which does not take part
    rig.device.write(rig.message("integrityd-before"));
    for (int i = 0; i < 3; ++i)
        (void)rig.message("integrityd-cut-out-" + std::to_string(i));
    rig.device.write(rig.message("integrityd-behind"));
    rig.device.seconds(20);
    std::uint64_t missing = 0;
    for (const Observation* seen : rig.device.told("audit.records.lost"))
        missing += *seen->evidence.at("events").get<std::uint64_t>();
    CHECK(missing >= 3);  // and what else the kernel recorded meanwhile
    CHECK(rig.device.watcher->counters().at("feed_not_in_log") == missing);
    CHECK(rig.device.told("audit.log.gap").empty());
}

TEST_CASE("what came on the feed and is in the log before that is first looked at is not lost") {
    if (!possible()) return;
    Rig rig(false);
    for (int i = 0; i < 4; ++i)
        rig.device.log.write(rig.lines_until("integrityd-early-" + std::to_string(i)));
    rig.start();
    rig.device.write(rig.lines_until("integrityd-behind"));
    rig.device.turn();
    rig.device.seconds(20);
    CHECK(rig.device.told("audit.records.lost").empty());
    CHECK(rig.device.watcher->counters().at("feed_not_in_log") == 0);
    CHECK(rig.device.watcher->counters().at("feed_records") >= 5);
}

TEST_CASE("a log into which nothing comes although events happen makes auditd one that does not write") {
    if (!possible()) return;
    Rig rig;
    rig.device.write(rig.message("integrityd-written"));
    rig.device.write(rig.message("integrityd-written-too"));
    (void)rig.message("integrityd-unwritten");
    rig.device.seconds(10);
    CHECK(rig.device.present.has("audit.daemon.stopped", "auditd"));
    rig.device.write(rig.message("integrityd-written-again"));
    rig.device.seconds(2);
    CHECK_FALSE(rig.device.present.has("audit.daemon.stopped", "auditd"));
}

TEST_CASE("auditing that is off for a moment is told, although every look finds it on [REQ-42]") {
    if (!possible()) return;
    Rig rig;
    REQUIRE(AuditHost::auditctl("-e 0"));
    REQUIRE(AuditHost::auditctl("-e 1"));
    (void)rig.message("integrityd-on-again");
    CHECK_FALSE(rig.device.traces.recorded_since());
    rig.device.seconds(5);
    CHECK(rig.device.times(matched, "audit configuration: audit_enabled=0") == 1);
    CHECK_FALSE(rig.device.present.has("audit.disabled", "kernel"));
    CHECK(rig.device.traces.recorded_since());
}
