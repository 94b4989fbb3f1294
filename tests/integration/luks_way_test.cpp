// The way of a volume: made by the real cryptsetup and systemd-cryptenroll, sealed by a real TPM in software; real
// daemon, real bus, real client library.
#include <algorithm>

#include <catch2/catch.hpp>

#include "support/device.hpp"
#include "support/luks_image.hpp"
#include "support/skip.hpp"
#include "support/swtpm.hpp"

using namespace integrityd::test;

namespace {

bool can_run() {
    return skip_unless(Swtpm::why_not().empty(), Swtpm::why_not()) &&
           skip_unless(LuksImage::why_not().empty(), LuksImage::why_not());
}

// A device whose one volume is sealed to PCR 7 and accepted so: the state in which CIP delivers it.
struct SealedDevice {
    Swtpm tpm;
    LuksImage image{tpm.tcti()};
    Device device;
    std::unique_ptr<Subscriber> subscriber;

    SealedDevice() { tpm.measure_boot(); }

    void deliver(const std::string& keyslots = "\"tpm2\"") {
        image.wipe_password();
        device.configure("[tpm]\ntcti = \"" + tpm.tcti() +
                         "\"\n[luks]\nenabled = true\ninterval = \"1h\"\n[[luks.volume]]\nname = \"var\"\ndevice = \"" +
                         image.path() + "\"\nkeyslots = [" + keyslots + "]\n");
        REQUIRE(device.daemon.start());
        subscriber = std::make_unique<Subscriber>();
        Device::accept(*subscriber, "luks");
        REQUIRE(subscriber->wait_until([this] { return subscriber->snapshots > 0; }));
    }
    void look() const { subscriber->client().check_now("luks"); }
    // What was there before the subscription is in its snapshot.
    bool tells(const std::string& type, const std::string& kind) {
        return subscriber->wait_until(
            [&] { return subscriber->find(type, kind, "var") != nullptr || (type == "raised" && was_there(kind)); });
    }
    [[nodiscard]] bool holds(const std::string& kind) const {
        return was_there(kind) || subscriber->find("raised", kind, "var") != nullptr;
    }
    [[nodiscard]] bool was_there(const std::string& kind) const {
        return std::any_of(subscriber->snapshot.begin(), subscriber->snapshot.end(),
                           [&](const auto& entry) { return entry.second.kind() == kind; });
    }
};

}  // namespace

TEST_CASE("a second key slot is told when it is added and when it is gone again", "[REQ-54]") {
    if (!can_run()) return;
    SealedDevice sealed;
    sealed.image.enroll();
    sealed.deliver();
    sealed.image.add_password();
    sealed.look();
    REQUIRE(sealed.tells("raised", "luks.keyslot.added"));
    const auto found = sealed.subscriber->find("raised", "luks.keyslot.added", "var")->violation();
    CHECK(found.summary() == "keyslot 0 (password) more than accepted");
    sealed.image.kill_slot(0);
    sealed.look();
    REQUIRE(sealed.tells("returned", "luks.keyslot.added"));
    // The header says what it said, and was written.
    REQUIRE(sealed.tells("raised", "luks.header.changed"));
    CHECK(sealed.device.daemon.stop());
}

TEST_CASE("a token that is removed, edited and imported is told", "[REQ-54]") {
    if (!can_run()) return;
    SealedDevice sealed;
    sealed.image.enroll();
    sealed.deliver();
    std::string token = sealed.image.token(0);
    sealed.image.remove_token(0);
    sealed.look();
    REQUIRE(sealed.tells("raised", "luks.token.removed"));
    const std::string pcrs = "\"tpm2-pcrs\":[7]";
    REQUIRE(token.find(pcrs) != std::string::npos);
    sealed.image.import_token(token.replace(token.find(pcrs), pcrs.size(), "\"tpm2-pcrs\":[16]"));
    sealed.look();
    REQUIRE(sealed.tells("returned", "luks.token.removed"));
    REQUIRE(sealed.tells("raised", "luks.token.changed"));
    REQUIRE(sealed.tells("raised", "luks.unseal.failing"));  // PCR 16 is another one
    CHECK_FALSE(sealed.holds("luks.policy.changed"));        // the sealed key is the accepted one
    CHECK(sealed.device.daemon.stop());
}

TEST_CASE("a PCR that is extended is told before the reboot: the volume will not unseal", "[REQ-52]") {
    if (!can_run()) return;
    SealedDevice sealed;
    SECTION("sealed by systemd") {
        sealed.image.enroll();
        sealed.deliver();
    }
    SECTION("sealed by clevis") {
        if (!skip_unless(std::system("command -v clevis >/dev/null 2>&1") == 0, "needs clevis")) return;
        sealed.image.enroll_clevis();
        sealed.deliver("\"clevis\"");
    }
    CHECK_FALSE(sealed.holds("luks.unseal.failing"));
    const auto report = sealed.subscriber->client().report("luks");
    CHECK(report.find(R"("would_unseal":{"answer":"yes")") != std::string::npos);
    sealed.tpm.measure(7, "something else");
    sealed.look();
    REQUIRE(sealed.tells("raised", "luks.unseal.failing"));
    CHECK(sealed.device.daemon.stop());
}

TEST_CASE("a header from an old backup brings back a wiped slot, and is told as both", "[REQ-54]") {
    if (!can_run()) return;
    SealedDevice sealed;
    sealed.image.enroll();
    const std::string backup = sealed.image.content();
    sealed.deliver();
    sealed.image.restore(backup);
    sealed.look();
    REQUIRE(sealed.tells("raised", "luks.header.rolled-back"));
    REQUIRE(sealed.tells("raised", "luks.keyslot.added"));
    CHECK(sealed.device.daemon.stop());
}

TEST_CASE("a volume that was made again under the same UUID is another one", "[REQ-54]") {
    if (!can_run()) return;
    SealedDevice sealed;
    sealed.image.enroll();
    sealed.deliver();
    sealed.image.format_again();
    sealed.look();
    REQUIRE(sealed.tells("raised", "luks.volume.replaced"));
    CHECK(sealed.device.daemon.stop());
}

TEST_CASE("a key sealed without PCRs, or to PCRs that nobody had extended, is told", "[REQ-54]") {
    if (!can_run()) return;
    SealedDevice sealed;
    SECTION("without") {
        sealed.image.enroll("\"\"");
    }
    SECTION("not extended") {
        sealed.image.enroll("12");
    }
    sealed.deliver();
    REQUIRE(sealed.tells("raised", "luks.policy.empty"));
    CHECK(sealed.device.daemon.stop());
}

TEST_CASE("a TPM that hangs delays nothing that needs none", "[REQ-54]") {
    if (!can_run()) return;
    SealedDevice sealed;
    sealed.image.enroll();
    sealed.deliver();
    sealed.image.add_password();
    sealed.tpm.hang();
    sealed.look();
    REQUIRE(sealed.tells("raised", "luks.keyslot.added"));
    // However long all of this took here: the daemon did not yet know it of the TPM when it told it of the volume.
    const auto* const slot = sealed.subscriber->find("raised", "luks.keyslot.added", "var");
    const auto* const hung = sealed.subscriber->find("raised", "tpm.unavailable");
    CHECK((hung == nullptr || slot->sequence() < hung->sequence()));
    sealed.tpm.go_on();
    CHECK(sealed.device.daemon.stop());
}

TEST_CASE("a volume may not be read through the daemon: its report holds no key material", "[REQ-53]") {
    if (!can_run()) return;
    SealedDevice sealed;
    sealed.image.enroll();
    const std::string token = sealed.image.token(0);
    sealed.deliver();
    const auto report = sealed.subscriber->client().report("luks");
    const std::size_t at = token.find("\"tpm2-blob\":\"");
    REQUIRE(at != std::string::npos);
    CHECK(report.find(token.substr(at + 13, 40)) == std::string::npos);
    CHECK(sealed.device.daemon.stop());
}
