#include "core/time_text.hpp"

#include <catch2/catch.hpp>

using namespace integrityd;

TEST_CASE("a wall time is RFC 3339 in UTC with microseconds, and none is nothing") {
    CHECK(rfc3339(1'795'317'720'000'001) == "2026-11-22T03:22:00.000001Z");
    CHECK(rfc3339(0).empty());
}

TEST_CASE("seconds are the same, before 1970 too, and no year has five digits") {
    CHECK(rfc3339_of_seconds(1'795'317'720) == "2026-11-22T03:22:00.000000Z");
    CHECK(rfc3339_of_seconds(0) == "1970-01-01T00:00:00.000000Z");
    CHECK(rfc3339_of_seconds(-1) == "1969-12-31T23:59:59.000000Z");
    CHECK(rfc3339_of_seconds(253402300799) == "9999-12-31T23:59:59.000000Z");
    CHECK(rfc3339_of_seconds(253402300800).empty());
    CHECK(rfc3339_of_seconds(INT64_MIN).empty());
}
