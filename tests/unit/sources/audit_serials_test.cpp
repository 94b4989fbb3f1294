// Which serials are missing.
#include "sources/audit_serials.hpp"

#include <catch2/catch.hpp>

#include "sources/audit_types.hpp"

using namespace integrityd;
using namespace std::chrono_literals;

namespace {

using Names = std::vector<std::string>;

struct Rig {
    Rig()
        : serials([this](const AuditGap& gap) {
              told.push_back(std::to_string(gap.from) + "-" + std::to_string(gap.to) + ":" + std::to_string(gap.count));
          }) {}
    void note(std::uint32_t serial, std::uint64_t milliseconds = 1000, Monotonic now = 0s,
              std::uint16_t type = audit_type::syscall) {
        AuditRecord record;
        record.number = type;
        record.stamp = {milliseconds, serial};
        serials.note(record, now);
    }
    Names finish() {
        serials.finish();
        return std::exchange(told, {});
    }

    Names told;
    AuditSerials serials;
};

}  // namespace

TEST_CASE("serials that follow each other miss nothing, several records of an event included") {
    Rig rig;
    for (const std::uint32_t serial : {7U, 7U, 8U, 8U, 8U, 9U})
        rig.note(serial);
    CHECK(rig.finish().empty());
    CHECK(rig.serials.highest()->serial == 9);
}

TEST_CASE("a hole is told with its first, its last and their number") {
    Rig rig;
    rig.note(182, 1000);
    rig.note(951, 5000);
    rig.serials.finish();
    CHECK(rig.told == Names{"183-950:768"});
    CHECK(rig.serials.missing() == 768);
}

TEST_CASE("a hole is waited for as long as its serial may be late, and what comes late fills it") {
    Rig rig;
    rig.note(10, 1000, 0s);
    rig.note(15, 1000, 1s);
    CHECK(rig.serials.deadline() == Monotonic(3s));
    rig.serials.expire(2s);
    CHECK(rig.told.empty());
    rig.note(12, 1000, 2s);
    rig.serials.expire(3s);
    CHECK(rig.finish() == Names{"11-11:1", "13-14:2"});
    rig.note(20);
    for (const std::uint32_t serial : {19U, 16U, 18U, 17U})
        rig.note(serial);
    CHECK(rig.finish().empty());
    CHECK_FALSE(rig.serials.deadline());
}

TEST_CASE("a hole is told without waiting when the serials have gone on far beyond it") {
    Rig rig;
    rig.note(1);
    rig.note(3);
    for (std::uint32_t serial = 4; serial < 2000; ++serial)
        rig.note(serial);
    CHECK(rig.told == Names{"2-2:1"});
}

TEST_CASE("the counter runs over at 32 bits") {
    Rig rig;
    for (const std::uint32_t serial : {4294967294U, 4294967295U, 0U, 1U, 2U})
        rig.note(serial);
    CHECK(rig.finish().empty());
    Rig holed;
    holed.note(4294967290U);
    holed.note(3);
    CHECK(holed.finish() == Names{"4294967291-2:8"});
    CHECK(holed.serials.restarts() == 0);
}

TEST_CASE("serials that begin anew with a younger stamp are of another boot, and no loss") {
    Rig rig;
    rig.note(500'000, 1'000'000);
    rig.note(1, 2'000'000);
    rig.note(2, 2'000'001);
    CHECK(rig.finish().empty());
    CHECK(rig.serials.restarts() == 1);
    Rig near;
    near.note(44, 1'000'000);
    near.note(1, 2'000'000);
    near.note(2, 2'000'000);
    CHECK(near.finish().empty());
    CHECK(near.serials.restarts() == 1);
    Rig high;
    high.note(4'000'000'000U, 1'000'000);
    high.note(1, 2'000'000);
    CHECK(high.finish().empty());
    CHECK(high.serials.restarts() == 1);
}

TEST_CASE("a clock that is set back or forward takes no serial away") {
    Rig rig;
    rig.note(100, 9'000'000);
    rig.note(101, 1'000);
    rig.note(100, 9'000'000);  // a late record of the event before
    rig.note(102, 50'000'000);
    CHECK(rig.finish().empty());
    CHECK(rig.serials.restarts() == 0);
    CHECK(rig.serials.highest()->serial == 102);
}

TEST_CASE("auditd's own records have serials of their own") {
    Rig rig;
    rig.note(44);
    rig.note(7294, 1000, 0s, audit_type::daemon_start);
    rig.note(45);
    CHECK(rig.finish().empty());
}

TEST_CASE("after a cursor the stream goes on, after a restart it begins") {
    Rig rig;
    rig.serials.go_on_behind({1000, 5});
    rig.note(8);
    CHECK(rig.finish() == Names{"6-7:2"});
    rig.serials.restart();
    rig.note(100);
    CHECK(rig.finish().empty());
}

TEST_CASE("holes without number are told early, and none is forgotten", "[REQ-30]") {
    Rig rig;
    std::uint64_t holes = 0;
    for (std::uint32_t serial = 0; serial < 1000; serial += 2, ++holes)
        rig.note(serial);
    rig.serials.finish();
    CHECK(rig.serials.missing() == holes - 1);
}
