#include "state/age_clock.hpp"

#include <optional>
#include <string>

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
    const AgeClock age(clock, 0, std::nullopt);
    CHECK(age.now() == clock.wall());
    clock.state_ = ClockState::unsynchronised;
    CHECK(age.now() == 0);
    clock.state_ = ClockState::unset;
    CHECK(age.now() == 0);
}

TEST_CASE("a clock that went far ahead is not believed for some hours [REQ-21] [REQ-24]") {
    FakeClock clock;
    AgeClock age(clock, clock.wall(), std::nullopt);
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
    AgeClock age(clock, clock.wall(), std::nullopt);
    for (int step = 0; step < 24; ++step)
        set(clock, age, hour);
    CHECK(age.now() == clock.wall());
    set(clock, age, hour);
    CHECK(age.now() == 0);
}

TEST_CASE("a clock that is far ahead of the run before is not believed for some hours [REQ-21] [REQ-24]") {
    FakeClock clock;
    CHECK(AgeClock(clock, clock.wall() - day, std::nullopt).now() == clock.wall());
    AgeClock age(clock, clock.wall() - day - 1, std::nullopt);
    CHECK(age.now() == 0);
    clock.advance(6 * hour);
    CHECK(age.now() == clock.wall());
}

TEST_CASE("a lie that was put right does not make the next one true [REQ-21] [REQ-24]") {
    FakeClock clock;
    SECTION("told to this run") {
        AgeClock age(clock, clock.wall(), std::nullopt);
        set(clock, age, a_lie);
        CHECK(age.now() == 0);
        set_back(clock, age, a_lie);
        clock.advance(6 * hour);
        CHECK(age.now() == clock.wall());
        set(clock, age, a_lie);
        CHECK(age.now() == 0);
    }
    SECTION("told to the run before") {
        AgeClock age(clock, clock.wall() + a_lie, std::nullopt);
        CHECK(age.now() == clock.wall());
        set(clock, age, a_lie);
        CHECK(age.now() == 0);
    }
}

namespace {

// As a run that follows, with what the one before had kept.
AgeClock next_run(const FakeClock& clock, const std::string& kept) {
    return {clock, clock.wall(), kept};
}

}  // namespace

TEST_CASE("a doubt outlives the run that had it [REQ-21] [REQ-24]") {
    FakeClock clock;
    AgeClock first(clock, clock.wall(), std::nullopt);
    CHECK_FALSE(first.doubts());
    CHECK_FALSE(first.to_keep(std::nullopt));
    set(clock, first, a_lie);
    const auto kept = first.to_keep(std::nullopt);
    REQUIRE(kept);
    clock.boottime_ = 0;
    AgeClock next = next_run(clock, *kept);  // the last sign of life is of the lie itself
    CHECK(next.doubts());
    CHECK(next.now() == 0);
    clock.advance(6 * hour);
    CHECK_FALSE(next.doubts());
    CHECK(next.now() == clock.wall());
    CHECK(next.to_keep(kept) == "0");
    CHECK_FALSE(next.to_keep("0"));
}

TEST_CASE("runs that are shorter than a doubt leave it together [REQ-21] [REQ-24]") {
    FakeClock clock;
    AgeClock first(clock, clock.wall(), std::nullopt);
    set(clock, first, a_lie);
    std::string kept = first.to_keep(std::nullopt).value_or("");
    for (int run = 0; run < 72; ++run) {
        AgeClock next = next_run(clock, kept);
        CHECK(next.doubts());
        clock.advance(hour / 12);
        kept = next.to_keep(kept, true).value_or(kept);
        clock.boottime_ = 0;
    }
    CHECK(kept == "0");
    CHECK_FALSE(next_run(clock, kept).doubts());
}

TEST_CASE("what is left of a doubt is written some times, and a new one at once [REQ-21]") {
    FakeClock clock;
    AgeClock age(clock, clock.wall(), std::nullopt);
    set(clock, age, a_lie);
    std::string kept = age.to_keep(std::nullopt).value_or("");
    int writes = 0;
    for (int beat = 0; beat < 2 * 60 * 5; ++beat) {
        clock.advance(hour / 120);
        const auto news = age.to_keep(kept);
        writes += news ? 1 : 0;
        kept = news.value_or(kept);
    }
    CHECK(writes == 30);
    CHECK_FALSE(age.to_keep(kept));
    set(clock, age, a_lie);
    CHECK(age.to_keep(kept) == std::to_string(6 * 3600));
}

TEST_CASE("a clock that went far ahead between two runs is doubted in full, whatever was left [REQ-21] [REQ-24]") {
    FakeClock clock;
    AgeClock age(clock, clock.wall() - day - 1, "60");
    clock.advance(6 * hour - 1);
    CHECK(age.doubts());
}

TEST_CASE("a rest that is not as it was written is a whole doubt [REQ-21] [REQ-24]") {
    FakeClock clock;
    const std::string kept = GENERATE("", "soon", "60 s", "-1", "99999999999999999999", "9999999999");
    const AgeClock age = next_run(clock, kept);
    clock.advance(6 * hour - 1);
    CHECK(age.doubts());
    clock.advance(1);
    CHECK_FALSE(age.doubts());
}

namespace {

// A device without a clock chip, started an hour after its last run: its clock is that of the system's build.
struct WithoutChip {
    void synchronise(std::uint64_t ahead) {
        clock.state_ = ClockState::synchronised;
        set(clock, age, ahead);
    }

    static constexpr std::uint64_t lag = 1000 * day;
    FakeClock clock = [] {
        FakeClock unset;
        unset.state_ = ClockState::unset;
        return unset;
    }();
    AgeClock age{clock, clock.wall() + lag, std::nullopt};
};

}  // namespace

TEST_CASE("a clock that is set for the first time after a start makes up for what it lagged [REQ-21] [REQ-24]") {
    WithoutChip device;
    CHECK(device.age.now() == 0);
    SECTION("at once") {
        device.synchronise(device.lag + hour);
        CHECK(device.age.now() == device.clock.wall());
    }
    SECTION("step by step") {
        set(device.clock, device.age, device.lag / 2);
        device.synchronise(device.lag / 2 + hour);
        CHECK(device.age.now() == device.clock.wall());
    }
    SECTION("and no more: what goes beyond is doubted") {
        device.synchronise(device.lag + day + 1);
        CHECK(device.age.now() == 0);
        device.clock.advance(6 * hour);
        CHECK(device.age.now() == device.clock.wall());
    }
    SECTION("and once: what is left of the lag pays for no lie") {
        device.synchronise(device.lag / 2);
        CHECK(device.age.now() == device.clock.wall());
        set(device.clock, device.age, device.lag / 2);
        CHECK(device.age.now() == 0);
    }
    SECTION("nor does what it was set back meanwhile") {
        set_back(device.clock, device.age, device.lag);
        device.synchronise(2 * device.lag);
        CHECK(device.age.now() == 0);
    }
}

TEST_CASE("a lag that is made up for prolongs no doubt [REQ-21] [REQ-24]") {
    FakeClock clock;
    clock.state_ = ClockState::unset;
    AgeClock age(clock, clock.wall() + a_lie, "3600");
    clock.state_ = ClockState::synchronised;
    set(clock, age, a_lie);
    CHECK(age.now() == 0);
    clock.advance(hour);
    CHECK(age.now() == clock.wall());
}
