// A TPM that does not answer as it should: what is told of it, and when.
#include <cerrno>

#include <catch2/catch.hpp>

#include "tpm_device.hpp"

using namespace integrityd;
using Accepted = test::AcceptedTpm;

TEST_CASE("why the TPM cannot be read decides what is told, and takes nothing else back", "[REQ-61]") {
    struct Case {
        int code;
        const char* kind;
    };
    for (const Case& one : {Case{ENODEV, "tpm.missing"}, Case{EIO, "tpm.failure"},
                            Case{ECONNREFUSED, "tpm.unavailable"}, Case{EPROTO, "tpm.unavailable"}}) {
        CAPTURE(one.code);
        Accepted given;
        given.tpm->facts.disable_clear = true;
        given.device.look();
        given.tpm->error = Error{"the reason", one.code};
        given.device.look();
        CHECK(given.device.present.has(one.kind, "tpm"));
        CHECK(given.device.present.has("tpm.policy.changed", "tpm"));
        CHECK(given.device.present.held.size() == 2);
        CHECK_FALSE(given.device.watch->present());
        CHECK(given.device.watch->failure()->code == one.code);
        given.tpm->error.reset();
        given.device.look();
        CHECK_FALSE(given.device.present.has(one.kind, "tpm"));
    }
}

TEST_CASE("a TPM that is busy at one look is told nothing of, and at two in a row is", "[REQ-61]") {
    const int code = GENERATE(EBUSY, ETIMEDOUT);
    Accepted given;
    given.tpm->facts.disable_clear = true;
    given.device.look();
    REQUIRE(given.device.present.held.size() == 1);
    given.tpm->error = Error{"the reason", code};
    given.device.look();
    CHECK_FALSE(given.device.present.has("tpm.unavailable", "tpm"));
    CHECK(given.device.present.has("tpm.policy.changed", "tpm"));
    CHECK(given.device.watch->in_doubt());
    CHECK(given.device.watch->failure()->code == code);
    CHECK_FALSE(given.device.watch->present());

    SECTION("busy") {
        given.device.look();
        CHECK(given.device.present.has("tpm.unavailable", "tpm"));
        CHECK(given.device.present.has("tpm.policy.changed", "tpm"));
        CHECK_FALSE(given.device.watch->in_doubt());
        given.tpm->error.reset();
        given.device.look();
        CHECK_FALSE(given.device.present.has("tpm.unavailable", "tpm"));
    }
    SECTION("answers in between") {
        given.tpm->error.reset();
        given.device.look();
        given.tpm->error = Error{"the reason", code};
        given.device.look();
        CHECK_FALSE(given.device.present.has("tpm.unavailable", "tpm"));
    }
    SECTION("takes no other failure back") {
        given.tpm->error = Error{"it failed", EIO};
        given.device.look();
        REQUIRE(given.device.present.has("tpm.failure", "tpm"));
        given.tpm->error = Error{"the reason", code};
        given.device.look();
        CHECK(given.device.present.has("tpm.failure", "tpm"));
    }
}
