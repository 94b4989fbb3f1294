#include "state/details.hpp"

#include <catch2/catch.hpp>

#include "core/canonical_json.hpp"
#include "core/escape.hpp"

using namespace integrityd;

TEST_CASE("details within their limit stay as they are") {
    const ValueMap details{{"path", Bytes{"/etc/passwd"}}, {"size", ValueList{1, 2}}};
    CHECK(limit_details(details) == details);
    CHECK(limit_details({}) == ValueMap{});
}

TEST_CASE("details over their limit are cut, and say by how much [REQ-31]") {
    ValueList rows;
    for (int i = 0; i < 5000; ++i)
        rows.emplace_back("row " + std::to_string(i));
    const ValueMap details{{"path", Bytes{std::string(40'000, '\xff')}},
                           {"rows", rows},
                           {"small", "kept"},
                           {"text", std::string("ä") + std::string(20'000, '\n')},
                           {"tree", ValueMap{{"deep", std::string(70'000, 'x')}}}};
    const std::size_t before = canonical_json(Value(details)).size();
    ValueMap cut = limit_details(details);
    CHECK(canonical_json(Value(cut)).size() <= max_evidence_size);
    CHECK(cut.at("small").text() == "kept");
    CHECK(is_utf8(cut.at("text").text()));
    CHECK_FALSE(cut.contains("tree"));
    const auto stated = cut.at("cut").number();
    cut.erase("cut");
    const std::size_t comma_of_tree = 1;
    CHECK(canonical_json(Value(cut)).size() + stated == before + (cut.size() + 1 - details.size()) * comma_of_tree);
}

TEST_CASE("many small members are cut too") {
    ValueMap details;
    for (int i = 0; i < 20'000; ++i)
        details["member " + std::to_string(i)] = i;
    CHECK(canonical_json(Value(limit_details(details))).size() <= max_evidence_size);
}
