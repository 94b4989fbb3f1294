#include "state/age_clock.hpp"

#include <catch2/catch.hpp>

#include "support/fakes.hpp"

using namespace integrityd;
using test::FakeClock;

namespace {

constexpr std::uint64_t hour = 3'600'000'000;  // µs
constexpr std::uint64_t day = 24 * hour;

constexpr std::uint64_t a_lie = 34 * 365 * day;

void set(FakeClock& clock, AgeClock& age, std::uint64_t ahead) {
    clock.wall_ += ahead;
    age.stepped(static_cast<std::int64_t>(ahead));
}

void set_back(FakeClock& clock, AgeClock& age, std::uint64_t by) {
    clock.wall_ -= by;
    age.stepped(-static_cast<std::int64_t>(by));
}

}  // namespace

TEST_CASE("only a synchronised clock says that an event is too old [REQ-21] [REQ-24]") {
    FakeClock clock;
    const AgeClock age(clock, 0, false);
    CHECK(age.now() == clock.wall());
    clock.state_ = ClockState::unsynchronised;
    CHECK(age.now() == 0);
    clock.state_ = ClockState::unset;
    CHECK(age.now() == 0);
}

TEST_CASE("a clock that went far ahead is not believed for some hours [REQ-21] [REQ-24]") {
    FakeClock clock;
    AgeClock age(clock, clock.wall(), false);
    set(clock, age, hour);
    CHECK(age.now() == clock.wall());
    set(clock, age, a_lie);
    CHECK(age.now() == 0);
    clock.advance(6 * hour - 1);
    CHECK(age.now() == 0);
    clock.advance(1);
    CHECK(age.now() == clock.wall());
}

TEST_CASE("many small steps ahead are as far as a large one [REQ-21] [REQ-24]") {
    FakeClock clock;
    AgeClock age(clock, clock.wall(), false);
    for (int step = 0; step < 24; ++step)
        set(clock, age, hour);
    CHECK(age.now() == clock.wall());
    set(clock, age, hour);
    CHECK(age.now() == 0);
}

TEST_CASE("a clock that is far ahead of the run before is not believed for some hours [REQ-21] [REQ-24]") {
    FakeClock clock;
    CHECK(AgeClock(clock, clock.wall() - day, false).now() == clock.wall());
    AgeClock age(clock, clock.wall() - day - 1, false);
    CHECK(age.now() == 0);
    clock.advance(6 * hour);
    CHECK(age.now() == clock.wall());
}

TEST_CASE("a lie that was put right does not make the next one true [REQ-21] [REQ-24]") {
    FakeClock clock;
    SECTION("told to this run") {
        AgeClock age(clock, clock.wall(), false);
        set(clock, age, a_lie);
        CHECK(age.now() == 0);
        set_back(clock, age, a_lie);
        clock.advance(6 * hour);
        CHECK(age.now() == clock.wall());
        set(clock, age, a_lie);
        CHECK(age.now() == 0);
    }
    SECTION("told to the run before") {
        AgeClock age(clock, clock.wall() + a_lie, false);
        CHECK(age.now() == clock.wall());
        set(clock, age, a_lie);
        CHECK(age.now() == 0);
    }
}

TEST_CASE("a doubt outlives the run that had it [REQ-21] [REQ-24]") {
    FakeClock clock;
    {
        AgeClock age(clock, clock.wall(), false);
        CHECK_FALSE(age.doubts());
        set(clock, age, a_lie);
        CHECK(age.doubts());
    }
    AgeClock next(clock, clock.wall(), true);  // the last sign of life is of the lie itself
    CHECK(next.doubts());
    CHECK(next.now() == 0);
    clock.advance(6 * hour);
    CHECK_FALSE(next.doubts());
    CHECK(next.now() == clock.wall());
}
