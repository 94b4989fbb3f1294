// integrityctl while the real daemon ends and starts again.
#include <catch2/catch.hpp>

#include "ctl.hpp"
#include "support/device.hpp"

using namespace integrityd::test;

TEST_CASE("Following canonical lines outlives restarts of the daemon, and misses none", "[ctl][REQ-7][REQ-19]") {
    Device device;
    device.put_report({});
    REQUIRE(device.daemon.start());
    Ctl follow(nullptr, {"events", "--canonical", "--follow"});
    for (unsigned restart = 0; restart < 3; ++restart) {
        const auto last = integrity::Client().status().last_sequence();
        REQUIRE(follow.until("\"sequence\":" + std::to_string(last) + ","));
        REQUIRE(device.daemon.stop());
        REQUIRE(device.daemon.start());
    }
    const auto last = integrity::Client().status().last_sequence();
    REQUIRE(follow.until("\"sequence\":" + std::to_string(last) + ","));
    follow.interrupt();
    CHECK(follow.end() == 0);
    const auto lines = lines_of(follow.out);
    REQUIRE(lines.size() >= last);
    for (std::size_t i = 0; i < lines.size(); ++i)
        CHECK(json_of(lines[i])["sequence"] == std::to_string(i + 1));
}
