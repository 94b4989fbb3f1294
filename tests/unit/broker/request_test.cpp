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

TEST_CASE("an older file of the audit log is asked for by its number") {
    const auto request = parse_request("open audit.log 12");
    REQUIRE(request);
    CHECK(request->verb == BrokerVerb::open_older);
    CHECK(request->resource == Resource::audit_log);
    CHECK(request->number == 12);
    for (const char* message : {"open audit.log 0", "open audit.log 01", "open audit.log 1000", "open audit.log -1",
                                "open audit.log 1 2", "open audit.log ", "watch audit.log 1", "open audit.config 1"}) {
        CAPTURE(message);
        REQUIRE_FALSE(parse_request(message));
        CHECK(parse_request(message).error().code == EINVAL);
    }
}

TEST_CASE("the kernel's feed and status are asked for by the name of audit alone") {
    CHECK(parse_request("feed audit")->verb == BrokerVerb::feed);
    CHECK(parse_request("status audit")->verb == BrokerVerb::status);
    for (const char* message : {"feed audit.log", "feed", "status aide.database", "status audit 1", "feed audit ",
                                "command audit", "command", "command tpm0", "command tpm 1"}) {
        CAPTURE(message);
        REQUIRE_FALSE(parse_request(message));
        CHECK(parse_request(message).error().code == EINVAL);
    }
}

TEST_CASE("a volume is asked for by its name in the configuration alone", "[REQ-39][REQ-53]") {
    CHECK(parse_request("header luks.var")->verb == BrokerVerb::header);
    CHECK(parse_request("table luks.Var-1_b.c")->volume == "Var-1_b.c");
    CHECK(parse_request("header luks." + std::string(64, 'a')));
    for (const std::string& message :
         {std::string("header var"), std::string("header luks."), std::string("table luks"),
          std::string("table luks.a b"), std::string("header luks./dev/sda"), std::string("table luks.var\n"),
          "header luks." + std::string(65, 'a')}) {
        CAPTURE(message);
        REQUIRE_FALSE(parse_request(message));
        CHECK(parse_request(message).error().code == EINVAL);
    }
}

TEST_CASE("the root's table is asked for by one name alone", "[REQ-39]") {
    CHECK(parse_request("table boot.root")->verb == BrokerVerb::root_table);
    for (const char* message : {"table boot", "table boot.root ", "table boot.event_log", "table boot.root 1",
                                "header boot.root", "open boot.root", "table /", "table boot./"}) {
        CAPTURE(message);
        REQUIRE_FALSE(parse_request(message));
        CHECK(parse_request(message).error().code == EINVAL);
    }
}

TEST_CASE("an unknown verb is refused as one that is not supported", "[REQ-39]") {
    // Those that are kept for later, too: nothing is offered that is not there.
    for (const char* message : {"remove aide.database", "write aide.database", "create tpm", " aide.database"}) {
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
          std::string("open aide.databas\xc3\xa9")}) {
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
