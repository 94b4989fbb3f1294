#include "ctl/json.hpp"

#include <catch2/catch.hpp>
#include <integrity/integrity.hpp>

using namespace integrityctl;

TEST_CASE("A document is shown scalar by scalar, in its own order", "[ctl]") {
    const auto leaves = flatten(R"({"b":{"x":[1,"two",{}]},"a":true,"n":null})");
    REQUIRE(leaves.size() == 5);
    CHECK(leaves[0].path == "b.x[0]");
    CHECK(leaves[1].path == "b.x[1]");
    CHECK(leaves[1].value == "two");
    CHECK(leaves[2].value == "{}");
    CHECK(leaves[3].path == "a");
    CHECK(leaves[3].value == "true");
    CHECK(leaves[4].value == "null");
    CHECK(flatten("{}").empty());
}

TEST_CASE("An answer that is no JSON, or nested without end, is refused", "[ctl]") {
    const auto text = GENERATE(as<std::string>(), "", "{", "nonsense", std::string(100'000, '['),
                               R"({"a":)" + std::string(65, '[') + std::string(65, ']') + "}");
    CHECK_THROWS_AS(flatten(text), integrity::Error);
    CHECK_THROWS_AS(list_member(text, "recipients"), integrity::Error);
    CHECK_THROWS_AS(read_baselines(text), integrity::Error);
}

TEST_CASE("Brackets within words do not count as nesting", "[ctl]") {
    CHECK(flatten(R"({"a":"\")" + std::string(100, '[') + R"("})").size() == 1);
}

TEST_CASE("A report's rows come one by one, with numbers to 64 bits", "[ctl]") {
    const auto rows = list_member(
        R"({"recipients":[{"name":"journal","behind":18446744073709551615,"required":true}]})", "recipients");
    REQUIRE(rows.size() == 1);
    const auto recipient = read_recipient(rows[0]);
    CHECK(recipient.name == "journal");
    CHECK(recipient.behind == UINT64_MAX);
    CHECK(recipient.required);
    CHECK(recipient.state.empty());
    CHECK_THROWS_AS(list_member("{}", "recipients"), integrity::Error);
}

TEST_CASE("A report of baselines names its watchers", "[ctl]") {
    const auto rows = read_baselines(
        R"({"aide":{"state":"accepted","digest":"ab","content":{"version":1}},"self":{"state":"none"}})");
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].watcher == "aide");
    CHECK(rows[0].content == R"({"version":1})");
    CHECK(rows[0].json == R"({"watcher":"aide","state":"accepted","digest":"ab","content":{"version":1}})");
    CHECK(rows[1].content.empty());
}

TEST_CASE("Only what was accepted and does not differ is as accepted", "[ctl]") {
    CHECK(says_no_difference(R"({"accepted":true,"differences":{}})"));
    CHECK_FALSE(says_no_difference(R"({"accepted":false,"differences":{}})"));
    CHECK_FALSE(says_no_difference(R"({"accepted":true,"differences":{"a":1}})"));
    CHECK_FALSE(says_no_difference(R"({"accepted":true})"));
    CHECK(says_no_difference(R"({"database":{"sha256":"b","accepted":["a","b"]},"image":""})"));
    CHECK_FALSE(
        says_no_difference(R"({"database":{"sha256":"b","accepted":["b"]},"config":{"sha256":"c","accepted":[]}})"));
    CHECK_FALSE(says_no_difference(R"({"database":{"accepted":["b"]}})"));
    CHECK_FALSE(says_no_difference(R"({"image":""})"));
}

TEST_CASE("Objects are written member by member, and words cannot break out of them", "[ctl]") {
    JsonObject object;
    object.text("a", "x\",\"b\":1\n").number("n", UINT64_MAX).null("z").list("l", {"1", json_text("\xff")});
    CHECK(object.str() ==
          "{\"a\":\"x\\\",\\\"b\\\":1\\n\",\"n\":18446744073709551615,\"z\":null,\"l\":[1,\"\xef\xbf\xbd\"]}");
    CHECK(JsonObject().str() == "{}");
}

TEST_CASE("Why a recipient cannot be reached is found in the report by its name", "[ctl]") {
    const std::string report =
        R"({"recipients":[{"name":"journal"},{"name":"room","reason":"/run/room: Connection refused"}]})";
    CHECK(reason_of_recipient(report, "room") == "/run/room: Connection refused");
    CHECK(reason_of_recipient(report, "journal").empty());
    CHECK(reason_of_recipient(report, "nobody").empty());
    CHECK_THROWS_AS(reason_of_recipient("{}", "room"), integrity::Error);
}
