#include "core/value.hpp"

#include <catch2/catch.hpp>

using namespace integrityd;

TEST_CASE("members that hold bytes are known by their name") {
    CHECK(is_bytes_member("path"));
    CHECK(is_bytes_member("target_raw"));
    CHECK_FALSE(is_bytes_member("paths"));
    CHECK_FALSE(is_bytes_member("_raw_"));
}

TEST_CASE("a number is a number of either signedness") {
    CHECK(Value(7).number() == 7);
    CHECK(Value(std::uint64_t{1} << 63).number() == std::uint64_t{1} << 63);
    CHECK(Value(-1).number(5) == 5);
    CHECK(Value("7").number(5) == 5);
}

TEST_CASE("merging lets the later one win") {
    ValueMap into{{"a", 1}, {"b", 2}};
    merge(into, {{"b", 3}, {"c", 4}});
    CHECK(into == ValueMap{{"a", 1}, {"b", 3}, {"c", 4}});
}
