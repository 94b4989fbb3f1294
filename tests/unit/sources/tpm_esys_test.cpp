// The TPM as it is read: of a real software TPM.
#include "sources/tpm_esys.hpp"

#include <cerrno>

#include <catch2/catch.hpp>

#include "core/digest.hpp"
#include "core/tpm_address.hpp"
#include "support/skip.hpp"
#include "support/swtpm.hpp"

using namespace integrityd;
using test::skip_unless;
using test::Swtpm;
using namespace std::chrono_literals;

namespace {

EsysTpm tpm_at(const std::string& tcti, std::chrono::milliseconds deadline = 30s) {
    const auto address = parse_tpm_address(tcti);
    REQUIRE(address);
    return EsysTpm([address = *address, deadline] { return open_tpm(address, deadline); }, deadline);
}

bool no_swtpm() {
    return !skip_unless(Swtpm::why_not().empty(), Swtpm::why_not());
}

std::string digest_of(const std::string& bytes) {
    const Sha256Digest digest = sha256(bytes);
    return {digest.begin(), digest.end()};
}

bool is_zero(const std::string& digest) {
    return digest.find_first_not_of('\0') == std::string::npos;
}

}  // namespace

TEST_CASE("every allocated bank is read with all of its PCRs") {
    if (no_swtpm()) return;
    const Swtpm swtpm;
    EsysTpm tpm = tpm_at(swtpm.tcti());
    auto banks = tpm.read_pcrs();
    REQUIRE(banks);
    REQUIRE(banks->size() == 4);
    for (const PcrBank& bank : *banks) {
        CAPTURE(to_string(bank.algorithm));
        CHECK(bank.values.size() == pcr_count);
        CHECK(bank.values.at(7).size() == digest_size(bank.algorithm));
        CHECK(is_zero(bank.values.at(7)));
        CHECK_FALSE(is_zero(bank.values.at(17)));  // of a dynamic launch: ones
    }
    swtpm.measure_boot();
    swtpm.extend(7, test::sha256_bank, std::vector<std::uint8_t>(32, 1));
    banks = tpm.read_pcrs();
    REQUIRE(banks);
    for (const PcrBank& bank : *banks) {
        for (unsigned pcr = 0; pcr < 8; ++pcr)
            CHECK_FALSE(is_zero(bank.values.at(pcr)));
        CHECK(is_zero(bank.values.at(8)));
    }
    // PCR 0 of SHA-256: the zero digest extended by the digest of what was measured.
    const std::string measured = digest_of(std::string(32, '\0') + digest_of("firmware 0"));
    CHECK((*banks)[1].algorithm == TpmHash::sha256);
    CHECK((*banks)[1].values.at(0) == measured);
}

TEST_CASE("the facts are the TPM's own, and follow what is done to it") {
    if (no_swtpm()) return;
    const Swtpm swtpm;
    EsysTpm tpm = tpm_at(swtpm.tcti());
    const auto fresh = tpm.read_facts();
    REQUIRE(fresh);
    CHECK(fresh->manufacturer == "IBM");
    CHECK_FALSE(fresh->owner_auth_set);
    CHECK_FALSE(fresh->lockout_auth_set);
    CHECK_FALSE(fresh->disable_clear);
    CHECK_FALSE(fresh->in_lockout);
    CHECK(fresh->lockout_counter == 0);
    CHECK(fresh->lockout_limit == 3);
    CHECK(fresh->lockout_interval > 0);
    CHECK(fresh->persistent.empty());

    swtpm.reset();
    swtpm.reset();
    const auto restarted = tpm.read_facts();
    REQUIRE(restarted);
    CHECK(restarted->reset_count == fresh->reset_count + 2);
    CHECK(restarted->safe);

    swtpm.set_owner_auth("mine");
    swtpm.disable_clear(true);
    const auto changed = tpm.read_facts();
    REQUIRE(changed);
    CHECK(changed->owner_auth_set);
    CHECK(changed->disable_clear);
    CHECK_FALSE(changed->endorsement_auth_set);
}

TEST_CASE("wrong authorisations are counted, and a clear is seen by its reset count") {
    if (no_swtpm()) return;
    const Swtpm swtpm;
    EsysTpm tpm = tpm_at(swtpm.tcti());
    swtpm.reset();
    swtpm.authorise_wrongly();
    auto facts = tpm.read_facts();
    REQUIRE(facts);
    CHECK(facts->lockout_counter == 1);
    CHECK_FALSE(facts->in_lockout);
    const std::uint32_t resets = facts->reset_count;
    CHECK(resets > 0);
    swtpm.authorise_wrongly();
    swtpm.authorise_wrongly();
    facts = tpm.read_facts();
    REQUIRE(facts);
    CHECK(facts->in_lockout);
    swtpm.reset_lockout();
    swtpm.clear();
    facts = tpm.read_facts();
    REQUIRE(facts);
    CHECK(facts->reset_count == 0);
    CHECK_FALSE(facts->in_lockout);
}

TEST_CASE("a TPM that hangs is given up at the deadline, and one that goes on is read again") {
    if (no_swtpm()) return;
    const Swtpm swtpm;
    swtpm.hang();
    EsysTpm hurried = tpm_at(swtpm.tcti(), 20ms);
    for (const auto& error :
         {hurried.read_pcrs().error(), hurried.read_facts().error(), hurried.read_nv(0x01800777).error()}) {
        CHECK(error.code == ETIMEDOUT);
    }
    swtpm.go_on();
    CHECK(tpm_at(swtpm.tcti()).read_facts());
}

TEST_CASE("a TPM that is not there, and one in failure mode, are told apart and said in words") {
    if (no_swtpm()) return;
    CHECK(tpm_at("device:/dev/there-is-no-tpm").read_facts().error().code == ENODEV);
    Swtpm swtpm;
    EsysTpm tpm = tpm_at(swtpm.tcti());
    REQUIRE(tpm.read_facts());
    swtpm.kill();
    CHECK(tpm.read_facts().error().code == ENODEV);
    swtpm.start();
    CHECK(tpm.read_facts());
    swtpm.fail();
    const auto failed = tpm.read_facts();
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == EIO);
    CHECK(
        failed.error().message ==
        "TPM2_ReadClock: the TPM is in failure mode: its self-test failed, and it takes no commands until it is reset "
        "(0x101)");
    CHECK(tpm.read_pcrs().error().code == EIO);
}

TEST_CASE("an index that is not defined is said to be none") {
    if (no_swtpm()) return;
    const Swtpm swtpm;
    const auto none = tpm_at(swtpm.tcti()).read_nv(0x01819401);
    REQUIRE_FALSE(none);
    CHECK(none.error().code == ENOENT);
}

TEST_CASE("response codes are explained in words") {
    CHECK(explain_tpm_code(0x921).message == "the TPM is in lockout after too many wrong authorisations (0x921)");
    CHECK(explain_tpm_code(0x921).code == EBUSY);
    CHECK(explain_tpm_code(0x000c0921).code == EBUSY);  // as the kernel's resource manager passes it on
    CHECK(explain_tpm_code(0x98e).code == EACCES);      // session 1: TPM_RC_AUTH_FAIL
    CHECK(explain_tpm_code(0x18b).code == ENOENT);      // handle 1: TPM_RC_HANDLE
    CHECK(explain_tpm_code(0x000a000a).code == EPROTO);
    CHECK(explain_tpm_code(0x2c4).message.find("0x2c4") != std::string::npos);
}
