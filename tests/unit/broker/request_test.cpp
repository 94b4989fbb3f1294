#include "broker/request.hpp"

#include <cerrno>

#include <catch2/catch.hpp>

#include "broker_rig.hpp"

using namespace integrityd;
using test::BrokerRig;

TEST_CASE("a request is a verb and the name of a key") {
    const auto request = parse_request("open-all aide.config");
    REQUIRE(request);
    CHECK(request->verb == BrokerVerb::open_all);
    CHECK(request->resource == Resource::aide_config);
    CHECK(parse_request("open aide.report_log"));
    CHECK(parse_request("watch aide.database"));
}

TEST_CASE("an unknown verb is refused as one that is not supported", "[REQ-39]") {
    // Those that are kept for later, too: nothing is offered that is not there.
    for (const char* message : {"remove aide.database", "write aide.database", "feed audit", "status audit",
                                "table luks.var", "header luks.var", "command tpm", " aide.database"}) {
        CAPTURE(message);
        const auto refused = parse_request(message);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == ENOTSUP);
    }
}

TEST_CASE("a path, a flag, an index or anything else instead of a name is refused", "[REQ-39]") {
    const std::string nul("open aide.config\0", 17);
    for (const std::string& message :
         {std::string("open /etc/shadow"), std::string("open ../shadow"), std::string("open aide.database 1"),
          std::string("open aide.database "), std::string("open  aide.database"), std::string("open aide.database\n"),
          std::string("open aide.log"), std::string("open "), std::string("open"), std::string(), nul,
          std::string("OPEN aide.database"), std::string("open aide.databas\xc3\xa9")}) {
        CAPTURE(message);
        const auto refused = parse_request(message);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == EINVAL);
    }
}

TEST_CASE("an oversized request is refused, whatever it begins with", "[REQ-39]") {
    const std::string long_one = "open aide.database" + std::string(111, ' ');
    REQUIRE(long_one.size() == 129);
    REQUIRE_FALSE(parse_request(long_one));
    CHECK(parse_request(long_one).error().code == EMSGSIZE);

    BrokerRig rig;
    const auto answer = rig.ask(std::string(100'000, 'a'));
    CHECK(answer.head.status == EMSGSIZE);
    CHECK(rig.receive().ended);
}
