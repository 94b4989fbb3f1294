#include "ctl/chain.hpp"

#include <catch2/catch.hpp>

using namespace integrityctl;

namespace {

const std::string stream = "11111111-2222-3333-4444-555555555555";

std::string event(unsigned sequence, const std::string& of = stream) {
    return R"({"sequence":)" + std::to_string(sequence) + R"(,"stream":")" + of + R"("})";
}

}  // namespace

TEST_CASE("The chain is recomputed from zeros", "[ctl][REQ-19]") {
    Chain chain;
    REQUIRE(chain.add(event(1)));
    REQUIRE(chain.add(event(2)));
    CHECK(chain.checked() == 2);
    CHECK(chain.first() == 1);
    CHECK(chain.last() == 2);
    // Computed apart: python3 -c 'hashlib.sha256(hashlib.sha256(bytes(32) + first).digest() + second).hexdigest()'
    CHECK(chain.head() == "a629625a1df3bd52c383886cb851795ec243056d4a5657f98de28c604cdc875b");
}

TEST_CASE("A pruned chain begins with the hash before its oldest event", "[ctl][REQ-19]") {
    Chain whole;
    REQUIRE(whole.add(event(1)));
    const std::string before = whole.head();
    REQUIRE(whole.add(event(2)));
    Chain pruned;
    REQUIRE(pruned.add("# " + before));
    REQUIRE(pruned.add(event(2)));
    CHECK(pruned.head() == whole.head());
    CHECK(pruned.checked() == 1);
}

TEST_CASE("An event that was changed changes every hash after it", "[ctl][REQ-19]") {
    Chain one;
    Chain other;
    REQUIRE(one.add(event(1)));
    REQUIRE(other.add(R"({"sequence":1,"stream":")" + stream + R"(","x":1})"));
    REQUIRE(one.add(event(2)));
    REQUIRE(other.add(event(2)));
    CHECK(one.head() != other.head());
}

TEST_CASE("What does not follow is refused with its line", "[ctl][REQ-19]") {
    const auto [line, why] = GENERATE(table<std::string, std::string>({
        {event(3), "line 2: event 3 follows 1"},
        {event(1), "line 2: event 1 follows 1"},
        {event(2, "another"), "line 2: an event of another stream"},
        {"", "line 2: not an event"},
        {"nonsense", "line 2: not an event"},
        {"[]", "line 2: not an event"},
        {R"({"sequence":-2,"stream":"s"})", "line 2: not an event"},
        {"# " + std::string(64, '0'), "line 2: the hash before the oldest event stands in the first line only"},
        {event(2) + std::string(Chain::max_line, ' '), "line 2: longer than any event"},
    }));
    Chain chain;
    REQUIRE(chain.add(event(1)));
    CHECK_FALSE(chain.add(line));
    CHECK(chain.error() == why);
    CHECK_FALSE(chain.add(event(2)));
}

TEST_CASE("A hash before the oldest event that is none is refused", "[ctl]") {
    for (const auto& hash : {std::string(), std::string("00"), std::string(64, 'G'), std::string(65, '0')}) {
        Chain chain;
        CHECK_FALSE(chain.add("# " + hash));
    }
}

TEST_CASE("Lines from the middle of a chain are refused, for nothing shows what was before", "[ctl][REQ-19]") {
    Chain chain;
    CHECK_FALSE(chain.add(event(2)));
    CHECK(chain.error() ==
          "line 1: begins with event 2 and not with the hash before it: was it exported with --after?");
}
