#include "core/group_lookup.hpp"

#include <catch2/catch.hpp>

using namespace integrityd;

TEST_CASE("a group is found by its name, and one that the system does not know is none") {
    CHECK(lookup_group("root") == 0);
    CHECK_FALSE(lookup_group("no-group-of-this-name"));
}
