// The rig itself: what tests of the TPM, of sealed volumes and of measured boot rely on.
#include <catch2/catch.hpp>

#include "support/skip.hpp"
#include "support/swtpm.hpp"

using namespace integrityd::test;

namespace {

using Buffer = std::vector<std::uint8_t>;

// TPM2_GetCapability of one property of TPM_PT; its value are the last four bytes.
Buffer property(std::uint8_t high, std::uint8_t low) {
    return {0x80, 0x01, 0, 0, 0, 22, 0, 0, 1, 0x7a, 0, 0, 0, 6, 0, 0, high, low, 0, 0, 0, 1};
}

constexpr std::uint8_t lockout_counter = 0x0e;
constexpr std::uint8_t permanent = 0x00;

Buffer read_pcr7() {
    return {0x80, 0x01, 0, 0, 0, 20, 0, 0, 1, 0x7e, 0, 0, 0, 1, 0, 0x0b, 3, 0x80, 0, 0};
}

std::uint8_t last_byte(const Buffer& answer) {
    return answer.back();
}

}  // namespace

TEST_CASE("the software TPM comes up, measures, restarts and is cleared") {
    if (!skip_unless(Swtpm::why_not().empty(), Swtpm::why_not())) return;
    Swtpm tpm;
    const Buffer fresh = tpm.transmit(read_pcr7());
    CHECK(response_code(fresh) == 0);
    CHECK(last_byte(fresh) == 0);
    tpm.measure_boot();
    const Buffer measured = tpm.transmit(read_pcr7());
    CHECK(Buffer(measured.end() - 32, measured.end()) != Buffer(32, 0));
    tpm.extend(7, sha256_bank, Buffer(32, 1));
    const Buffer extended = tpm.transmit(read_pcr7());
    CHECK(Buffer(extended.end() - 32, extended.end()) != Buffer(measured.end() - 32, measured.end()));
    tpm.reset();
    const Buffer again = tpm.transmit(read_pcr7());
    CHECK(Buffer(again.end() - 32, again.end()) == Buffer(32, 0));
    tpm.reset(false);
    CHECK_NOTHROW(tpm.clear());
}

TEST_CASE("the software TPM counts wrong authorisations, and forgets them on order") {
    if (!skip_unless(Swtpm::why_not().empty(), Swtpm::why_not())) return;
    Swtpm tpm;
    CHECK(last_byte(tpm.transmit(property(2, lockout_counter))) == 0);
    tpm.authorise_wrongly();
    tpm.authorise_wrongly();
    CHECK(last_byte(tpm.transmit(property(2, lockout_counter))) == 2);
    tpm.reset_lockout();
    CHECK(last_byte(tpm.transmit(property(2, lockout_counter))) == 0);
    for (int i = 0; i < 3; ++i)
        tpm.authorise_wrongly();
    const Buffer flags = tpm.transmit(property(2, permanent));
    CHECK((flags.at(flags.size() - 2) & 0x02) != 0);  // inLockout
}

TEST_CASE("the software TPM keeps its state over a power cut, and fails on order") {
    if (!skip_unless(Swtpm::why_not().empty(), Swtpm::why_not())) return;
    Swtpm tpm;
    tpm.set_owner_auth("mine");
    tpm.disable_clear(true);
    tpm.kill();
    tpm.start();
    const Buffer flags = tpm.transmit(property(2, permanent));
    CHECK((flags.back() & 0x01) != 0);                // ownerAuthSet
    CHECK((flags.at(flags.size() - 2) & 0x01) != 0);  // disableClear
    tpm.hang();
    tpm.go_on();
    CHECK(response_code(tpm.transmit(read_pcr7())) == 0);
    tpm.fail();
    CHECK(response_code(tpm.transmit(read_pcr7())) == 0x101);
}
