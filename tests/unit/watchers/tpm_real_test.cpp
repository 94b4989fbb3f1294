// The TPM's part of the watcher `luks`, with a real software TPM.
#include <catch2/catch.hpp>

#include "core/tpm_address.hpp"
#include "sources/tpm_esys.hpp"
#include "support/skip.hpp"
#include "support/swtpm.hpp"
#include "tpm_device.hpp"

using namespace integrityd;
using test::skip_unless;
using test::Swtpm;
using test::TpmDevice;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<Tpm> tpm_of(const Swtpm& swtpm, std::chrono::milliseconds deadline = 30s) {
    const auto address = parse_tpm_address(swtpm.tcti());
    return std::make_shared<EsysTpm>([address = *address, deadline] { return open_tpm(address, deadline); }, deadline);
}

struct Real {
    Real() : device(tpm_of(swtpm)) {
        swtpm.measure_boot();
        device.look();
        device.accept();
        device.look();
        REQUIRE(device.present.held.empty());
        REQUIRE(device.present.happenings.empty());
    }
    Swtpm swtpm;
    TpmDevice device;
};

bool no_swtpm() {
    return !skip_unless(Swtpm::why_not().empty(), Swtpm::why_not());
}

}  // namespace

TEST_CASE("a real TPM that is restarted in order or by a power cut is in good health", "[REQ-61]") {
    if (no_swtpm()) return;
    Real real;
    real.swtpm.reset();
    real.swtpm.measure_boot();
    real.device.boot("22222222");
    real.device.look();
    CHECK(real.device.present.happenings.empty());
    real.swtpm.kill();
    real.swtpm.start();
    real.swtpm.measure_boot();
    real.device.boot("33333333");
    real.device.look();
    CHECK(real.device.present.happenings.empty());
    CHECK(real.device.present.held.empty());
}

TEST_CASE("a real TPM that booted something else in between, or was cleared, says so", "[REQ-61]") {
    if (no_swtpm()) return;
    Real real;
    real.swtpm.reset();
    real.swtpm.reset();
    real.swtpm.measure_boot();
    real.device.boot("22222222");
    real.device.look();
    CHECK(real.device.happened("tpm.boots.unseen") == 1);
    CHECK(real.device.happened("tpm.cleared") == 0);
    real.swtpm.clear();
    real.device.look();
    CHECK(real.device.happened("tpm.cleared") == 1);
}

TEST_CASE("guessing at a real TPM is told before it locks itself, and the lockout then", "[REQ-61]") {
    if (no_swtpm()) return;
    Real real;
    real.swtpm.authorise_wrongly();
    real.device.look();
    CHECK(real.device.present.held.empty());
    real.swtpm.authorise_wrongly();
    real.device.look();
    CHECK(real.device.present.has("tpm.lockout.rising", "tpm"));
    real.swtpm.authorise_wrongly();
    real.device.look();
    CHECK(real.device.present.has("tpm.lockout.active", "tpm"));
    real.swtpm.reset_lockout();
    real.device.look();
    CHECK(real.device.present.held.empty());
}

TEST_CASE("a real TPM that hangs, is killed or fails is told as what it is", "[REQ-61]") {
    if (no_swtpm()) return;
    Real real;
    real.swtpm.hang();
    real.device.tpm = tpm_of(real.swtpm, 20ms);
    real.device.boot();
    real.device.look();
    CHECK_FALSE(real.device.present.has("tpm.unavailable", "tpm"));
    real.device.look();
    CHECK(real.device.present.has("tpm.unavailable", "tpm"));
    real.swtpm.go_on();
    real.device.tpm = tpm_of(real.swtpm);
    real.device.boot();
    real.device.look();
    CHECK(real.device.present.held.empty());
    real.swtpm.kill();
    real.device.look();
    CHECK(real.device.present.has("tpm.missing", "tpm"));
    real.swtpm.start();
    real.swtpm.measure_boot();
    real.device.look();
    CHECK_FALSE(real.device.present.has("tpm.missing", "tpm"));
    real.swtpm.fail();
    real.device.look();
    CHECK(real.device.present.has("tpm.failure", "tpm"));
}

TEST_CASE("a real TPM whose firmware does not measure, or whose owner is another, says so", "[REQ-61]") {
    if (no_swtpm()) return;
    Real real;
    real.swtpm.set_owner_auth("theirs");
    real.device.look();
    CHECK(real.device.present.has("tpm.policy.changed", "tpm"));
    real.swtpm.reset();
    real.device.boot("22222222");
    real.device.look();
    for (const char* const bank : {"sha1", "sha256", "sha384", "sha512"})
        CHECK(real.device.present.has("tpm.bank.uninitialised", bank));
}
