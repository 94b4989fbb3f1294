#include "watchers/audit/audit_cross_check.hpp"

#include <catch2/catch.hpp>

using namespace integrityd;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t some_day = 1'800'000'000'000;

AuditStamp event(std::uint32_t serial) {
    return {some_day + serial / 10, serial};
}

// Both sides are there, and an event that does not count is past.
struct Rig {
    AuditCrossCheck check;
    Monotonic now = 1000s;

    explicit Rig(std::uint32_t first = 99) {
        check.feed_joined();
        check.log_live(now);
        check.on_feed(event(first), now);
    }
    void both(std::uint32_t serial) {
        check.on_feed(event(serial), now);
        check.in_log(event(serial), now);
    }
    void feed(std::uint32_t from, std::uint32_t to) {
        for (std::uint32_t serial = from; serial != to; ++serial)
            check.on_feed(event(serial), now);
    }
    void log(std::uint32_t from, std::uint32_t to) {
        for (std::uint32_t serial = from; serial != to; ++serial)
            check.in_log(event(serial), now);
    }
    // Time goes on as the watcher's timer sees it; returns how many were told missing on the way.
    std::uint64_t pass(Duration by) {
        std::uint64_t missing = 0;
        for (const Monotonic until = now + by; now < until;) {
            now += 500ms;
            if (const auto told = check.expire(now)) missing += told->count;
        }
        return missing;
    }
};

}  // namespace

TEST_CASE("what is on the feed and in the log is not missing, in either order and in many records") {
    Rig rig;
    for (std::uint32_t serial = 100; serial < 200; ++serial) {
        rig.both(serial);
        rig.both(serial);
    }
    rig.log(200, 300);
    rig.feed(200, 300);
    rig.feed(200, 300);
    CHECK(rig.pass(20s) == 0);
    CHECK(rig.check.waiting() == 0);
    CHECK_FALSE(rig.check.log_is_silent_since(rig.now));
}

TEST_CASE("an event that the log left out is missing after the grace, exactly once, and named [REQ-42]") {
    Rig rig;
    rig.both(100);
    rig.feed(101, 104);
    rig.both(104);
    rig.now += 4s;
    CHECK_FALSE(rig.check.expire(rig.now));
    rig.now += 1s;
    const auto missing = rig.check.expire(rig.now);
    REQUIRE(missing);
    CHECK(missing->count == 3);
    CHECK(missing->first == event(101));
    CHECK(missing->last == event(103));
    CHECK_FALSE(rig.check.log_is_silent_since(rig.now));
    CHECK(rig.pass(20s) == 0);
    rig.log(101, 104);  // later than anybody waits
    CHECK(rig.pass(20s) == 0);
}

TEST_CASE("the first event of the feed does not count, nor what only the log has") {
    Rig rig;
    rig.check.on_feed(event(99), rig.now);
    rig.log(50, 99);
    rig.both(100);
    CHECK(rig.pass(20s) == 0);
    rig.check.feed_left();
    rig.log(101, 110);
    rig.check.feed_joined();
    rig.check.on_feed(event(110), rig.now);
    rig.both(111);
    CHECK(rig.pass(20s) == 0);
}

TEST_CASE("a log that is behind is not missing anything, and is not silent") {
    Rig rig;
    rig.feed(100, 20'000);
    for (std::uint32_t serial = 100; serial < 20'000; serial += 100) {
        rig.log(serial, serial + 100);
        CHECK(rig.pass(500ms) == 0);
        CHECK_FALSE(rig.check.log_is_silent_since(rig.now));
    }
    CHECK(rig.check.waiting() == 0);
}

TEST_CASE("a log that is silent is told as such, and what it left out when it speaks again") {
    Rig rig;
    rig.both(100);
    const Monotonic last = rig.now;
    rig.now += 1s;
    const Monotonic silent = rig.now;
    rig.feed(101, 151);
    CHECK(rig.pass(4s) == 0);
    CHECK_FALSE(rig.check.log_is_silent_since(rig.now));
    rig.feed(151, 201);
    CHECK(rig.pass(1s) == 0);
    CHECK(last < silent);
    CHECK(rig.check.log_is_silent_since(rig.now) == silent);
    CHECK(rig.pass(1h) == 0);
    CHECK(rig.check.log_is_silent_since(rig.now) == silent);

    rig.both(201);
    CHECK_FALSE(rig.check.log_is_silent_since(rig.now));
    CHECK(rig.pass(6s) == 100);
}

TEST_CASE("an auditd that was stopped and goes on has lost nothing that it still writes") {
    Rig rig;
    rig.both(100);
    rig.feed(101, 201);
    CHECK(rig.pass(1min) == 0);
    CHECK(rig.check.log_is_silent_since(rig.now));
    rig.log(101, 151);  // the kernel's backlog; the others did not fit
    CHECK(rig.pass(3s) == 0);
    rig.both(201);
    CHECK(rig.pass(10s) == 50);
}

TEST_CASE("without events nobody is silent") {
    Rig rig;
    rig.both(100);
    CHECK(rig.pass(1h) == 0);
    CHECK_FALSE(rig.check.log_is_silent_since(rig.now));
}

TEST_CASE("while the log is caught up with nothing is missing, and the grace begins when that is done") {
    AuditCrossCheck check;
    Monotonic now = 1000s;
    check.feed_joined();
    check.on_feed(event(1), now);
    check.on_feed(event(2), now);
    check.on_feed(event(3), now);
    now += 1min;
    CHECK_FALSE(check.expire(now));
    CHECK_FALSE(check.log_is_silent_since(now));
    check.in_log(event(3), now);
    now += 10s;
    CHECK_FALSE(check.expire(now));
    check.log_live(now);
    now += 4s;
    CHECK_FALSE(check.expire(now));
    now += 1s;
    CHECK(check.expire(now)->count == 1);
    check.log_not_live();
    check.on_feed(event(4), now);
    CHECK_FALSE(check.log_is_silent_since(now + 1h));
}

TEST_CASE("the exact number is told of a burst") {
    Rig rig;
    rig.both(100);
    rig.feed(101, 50'101);
    for (std::uint32_t serial = 101; serial < 50'101; ++serial) {
        if (serial % 7 != 0) rig.check.in_log(event(serial), rig.now);
    }
    rig.both(50'101);
    CHECK(rig.pass(10s) == 7143);  // multiples of 7 from 101 to 50,100
    CHECK(rig.check.waiting() == 0);
}

TEST_CASE("more than the window holds is counted exactly as well, once the log has passed it") {
    Rig rig;
    rig.both(100);
    rig.feed(101, 200'101);
    CHECK(rig.check.waiting() == AuditCrossCheck::window);
    CHECK(rig.pass(10s) == 0);
    CHECK(rig.check.log_is_silent_since(rig.now));
    // Of the first it still writes some, each in several records.
    for (std::uint32_t serial = 101; serial < 8293; ++serial) {
        rig.check.in_log(event(serial), rig.now);
        rig.check.in_log(event(serial), rig.now);
    }
    CHECK(rig.pass(10s) == 0);
    rig.both(200'101);
    CHECK(rig.pass(10s) == 200'000 - 8192);
}

TEST_CASE("serials go on after the highest") {
    const std::uint32_t high = 0xffffffff - 50;
    Rig rig(high);
    for (std::uint32_t i = 1; i <= 100; ++i) {
        if (i != 52)
            rig.both(high + i);
        else
            rig.check.on_feed(event(high + i), rig.now);
    }
    CHECK(rig.pass(10s) == 1);
    CHECK_FALSE(rig.check.log_is_silent_since(rig.now));
}

TEST_CASE("the same serial of another boot, in an old log, is not the event") {
    Rig rig;
    rig.both(100);
    rig.feed(101, 103);
    rig.check.in_log({some_day - 86'400'000, 101}, rig.now);
    rig.check.in_log({some_day - 86'400'000, 102}, rig.now);
    rig.both(103);
    CHECK(rig.pass(10s) == 2);
}

TEST_CASE("events of two processors that pass each other are both there") {
    Rig rig;
    rig.check.on_feed(event(101), rig.now);
    rig.check.on_feed(event(100), rig.now);
    rig.check.in_log(event(101), rig.now);
    rig.check.in_log(event(100), rig.now);
    CHECK(rig.pass(10s) == 0);
}

TEST_CASE("what was read from the log while the feed was being joined is not missing when the feed brings it") {
    AuditCrossCheck check;
    const Monotonic begin = 1000s;
    check.feed_joining();
    for (std::uint32_t serial = 90; serial < 103; ++serial)
        check.in_log(event(serial), begin);
    check.log_live(begin);
    check.feed_joined();
    for (std::uint32_t serial = 100; serial < 110; ++serial)
        check.on_feed(event(serial), begin + 10ms);
    for (std::uint32_t serial = 103; serial < 110; ++serial)
        check.in_log(event(serial), begin + 20ms);
    CHECK(check.waiting() == 0);
    CHECK_FALSE(check.expire(begin + 6s));
    CHECK_FALSE(check.expire(begin + 12s));
}

TEST_CASE("a feed that was never joined costs nothing and says nothing") {
    AuditCrossCheck check;
    check.log_live(0s);
    check.in_log(event(1), 0s);
    check.on_feed(event(2), 0s);
    CHECK(check.waiting() == 0);
    CHECK_FALSE(check.expire(1h));
    CHECK_FALSE(check.log_is_silent_since(1h));
}
