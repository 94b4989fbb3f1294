// The baseline's digest in the TPM: made, written, read back and taken away, of a real software TPM.
#include "sources/tpm_seal.hpp"

#include <cerrno>

#include <catch2/catch.hpp>

#include "core/tpm_index.hpp"
#include "sources/tpm_esys.hpp"
#include "sources/tpm_reading.hpp"
#include "support/skip.hpp"
#include "support/swtpm.hpp"

using namespace integrityd;
using test::skip_unless;
using test::Swtpm;

namespace {

bool no_swtpm() {
    return !skip_unless(Swtpm::why_not().empty(), Swtpm::why_not());
}

struct Sealed {
    Swtpm swtpm;
    TpmSeal seal{tpm_opener(swtpm.tcti()), ""};
    EsysTpm tpm{tpm_opener(swtpm.tcti())};
};

}  // namespace

TEST_CASE("the TPM holds the digest and counts how often it was written", "[REQ-62]") {
    if (no_swtpm()) return;
    Sealed sealed;
    CHECK(sealed.seal.seal(std::string(32, 'a')).error().code == ENOENT);
    REQUIRE(sealed.seal.provision());
    const TpmReading fresh = read_tpm(sealed.tpm);
    REQUIRE(fresh.digest);
    CHECK(fresh.digest->data.empty());
    CHECK_FALSE(seal_count(fresh));

    const auto first = sealed.seal.seal(std::string(32, 'a'));
    REQUIRE(first);
    const auto second = sealed.seal.seal(std::string(32, 'b'));
    REQUIRE(second);
    CHECK(*second == *first + 1);
    // Made again it stays as it is.
    REQUIRE(sealed.seal.provision());
    sealed.swtpm.reset();
    const TpmReading written = read_tpm(sealed.tpm);
    CHECK(written.digest->data == std::string(32, 'b'));
    CHECK(seal_count(written) == *second);
    CHECK(sealed.seal.seal("short").error().code == EINVAL);
}

TEST_CASE("what was taken away is gone, and its counter never comes back lower", "[REQ-62]") {
    if (no_swtpm()) return;
    Sealed sealed;
    REQUIRE(sealed.seal.unprovision());
    REQUIRE(sealed.seal.provision());
    const auto before = sealed.seal.seal(std::string(32, 'a'));
    REQUIRE(before);
    REQUIRE(sealed.seal.unprovision());
    CHECK_FALSE(read_tpm(sealed.tpm).digest);
    REQUIRE(sealed.seal.provision());
    const auto after = sealed.seal.seal(std::string(32, 'a'));
    REQUIRE(after);
    CHECK(*after > *before);
}

TEST_CASE("the owner's authorisation is needed to write, and a wrong one changes nothing and locks nothing",
          "[REQ-62]") {
    if (no_swtpm()) return;
    Sealed sealed;
    REQUIRE(sealed.seal.provision());
    sealed.swtpm.set_owner_auth("mine");
    for (int i = 0; i < 4; ++i) {
        CHECK(sealed.seal.seal(std::string(32, 'a')).error().code == EACCES);
        CHECK(sealed.seal.unprovision().error().code == EACCES);
    }
    const auto facts = sealed.tpm.read_facts();
    REQUIRE(facts);
    CHECK(facts->lockout_counter == 0);
    TpmSeal owner(tpm_opener(sealed.swtpm.tcti()), "mine");
    CHECK(owner.seal(std::string(32, 'a')));
    // Reading needs no authorisation.
    CHECK(read_tpm(sealed.tpm).digest->data == std::string(32, 'a'));
}

TEST_CASE("an index of somebody else's at our place is left alone", "[REQ-62]") {
    if (no_swtpm()) return;
    const Swtpm swtpm;
    // 8 bytes, written by its own authorisation (TPM2_NV_DefineSpace by the empty owner authorisation).
    const std::vector<std::uint8_t> define = {
        0x80, 0x02, 0, 0,  0, 45,   0,    0,    1, 0x2a, 0x40, 0, 0, 1, 0, 0, 0, 9,
        0x40, 0,    0, 9,  0, 0,    0,    0,    0,  // session
        0,    0,    0, 14, 1, 0x81, 0x94, 0x01, 0, 0x0b, 0,    4, 0, 4, 0, 0, 0, 8};
    REQUIRE(test::response_code(swtpm.transmit(define)) == 0);
    TpmSeal seal(tpm_opener(swtpm.tcti()), "");
    CHECK(seal.provision().error().code == EEXIST);
}

TEST_CASE("without a TPM nothing is written, and it says why") {
    TpmSeal seal(tpm_opener("device:/dev/there-is-no-tpm"), "");
    CHECK(seal.provision().error().code == ENODEV);
    CHECK(seal.unprovision().error().code == ENODEV);
    CHECK(seal.seal(std::string(32, 'a')).error().code == ENODEV);
    CHECK(TpmSeal(tpm_opener("tabrmd:"), "").provision().error().code == EINVAL);
}
