#include "ctl/times.hpp"

#include <cstdlib>
#include <ctime>

#include <catch2/catch.hpp>

using namespace integrityctl;

namespace {

// 2027-01-15 08:00:00 UTC
const integrity::Time noon{integrity::Duration(1'800'000'000'000'000)};

void set_zone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
}

}  // namespace

TEST_CASE("Times for people are in their own time zone", "[ctl]") {
    set_zone("UTC0");
    CHECK(local_time(noon) == "2027-01-15 08:00:00");
    set_zone("EST5");
    CHECK(local_time(noon) == "2027-01-15 03:00:00");
    CHECK(local_time({}) == "-");
}

TEST_CASE("A distance of time is told in one unit", "[ctl]") {
    using namespace std::chrono_literals;
    CHECK(distance(noon, noon) == "now");
    CHECK(distance(noon - 999ms, noon) == "now");
    CHECK(distance(noon - 59s, noon) == "59 s");
    CHECK(distance(noon - 60s, noon) == "1 min");
    CHECK(distance(noon - 3599s, noon) == "59 min");
    CHECK(distance(noon - 47h, noon) == "47 h");
    CHECK(distance(noon - 48h, noon) == "2 d");
    CHECK(distance(noon + 90s, noon) == "1 min");
    CHECK(distance({}, noon) == "-");
}

TEST_CASE("A time and its age say whether it lies behind or ahead", "[ctl]") {
    using namespace std::chrono_literals;
    set_zone("UTC0");
    CHECK(time_and_age(noon, noon + 5min) == "2027-01-15 08:00:00 (5 min ago)");
    CHECK(time_and_age(noon, noon - 5min) == "2027-01-15 08:00:00 (in 5 min)");
    CHECK(time_and_age(noon, noon) == "2027-01-15 08:00:00 (now)");
    CHECK(time_and_age({}, noon) == "-");
}
