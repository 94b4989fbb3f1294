#include "core/config_values.hpp"

#include <catch2/catch.hpp>

#include "core/config_convert.hpp"
#include "core/config_schema.hpp"

using namespace integrityd;

TEST_CASE("durations, sizes and dates") {
    CHECK(parse_duration("0") == 0);
    CHECK(parse_duration("5ms") == 5000);
    CHECK(parse_duration("2min") == 120000000);
    CHECK(parse_duration("1d") == 86400000000);
    for (const std::string_view wrong : {"", "1", "1 s", "-1s", "+1s", "1m", "1.5s", "s", "99999999999999999d"})
        CHECK_FALSE(parse_duration(wrong));
    CHECK(parse_size("5") == 5);
    CHECK(parse_size("5K") == 5120);
    for (const std::string_view wrong : {"", "K", "1k", "1T", "99999999999G"})
        CHECK_FALSE(parse_size(wrong));
    CHECK(parse_until("1970-01-01") == 86400000000);
    CHECK(parse_until("1970-01-02T00:00:01Z") == 86401000000);
    for (const std::string_view wrong : {"", "1970-13-01", "1970-1-1", "1970-01-01T24:00:00Z", "1970-01-01 ",
                                         "1970-01-01T00:00:00", "1969-12-31", "1970-02-30"})
        CHECK_FALSE(parse_until(wrong));
}

TEST_CASE("every default of the schema is a valid value of its key") {
    for (const ConfigSection& section : config_schema()) {
        for (const ConfigKey& key : section.keys) {
            INFO(section.name << "." << key.name);
            const bool has_value = !default_value(key).get<std::nullptr_t>();
            CHECK((has_value || key.presence != Presence::defaulted));
        }
    }
}
