// Every header of the vectors, with the watcher that judges it: each fault is told as its kind, and as no other.
#include "watchers/luks/luks_judge.hpp"

#include <catch2/catch.hpp>

#include "support/luks_maker.hpp"
#include "unit/watchers/luks_device.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

using Kinds = std::set<std::string>;

// Judged without a baseline: what configuration and the state of the art demand.
Kinds judged_alone(const std::string& name, const std::vector<std::string>& keyslots = {"tpm2"},
                   const std::vector<std::uint32_t>& pcrs = {7}) {
    LuksDevice device;
    device.put_vector(name);
    device.volume().keyslots = keyslots;
    device.volume().pcrs = pcrs;
    device.tpm->error = Error{"no TPM", ENODEV};
    device.start();
    CHECK(device.still_holds_vector(name));
    return device.kinds();
}

// Judged where the good header was accepted before.
Kinds judged_after_good(const std::string& name) {
    LuksDevice device;
    device.put_vector("good");
    device.tpm->error = Error{"no TPM", ENODEV};
    device.start();
    device.accept();
    REQUIRE(device.present.health_now.can_look);
    REQUIRE(device.kinds().empty());
    device.put_vector(name);
    device.look();
    CHECK(device.still_holds_vector(name));
    return device.kinds();
}

}  // namespace

TEST_CASE("each fault of a header is told as its own kind against the accepted one", "[REQ-54]") {
    if (!have_luks_vectors()) return;
    const std::vector<std::pair<std::string, Kinds>> expected = {
        {"good", {}},
        {"good2", {"luks.volume.replaced"}},
        {"extra-slot", {"luks.keyslot.added"}},
        // It is the header as it was before its password was wiped.
        {"tpm2-plus-password", {"luks.keyslot.added", "luks.header.rolled-back"}},
        {"token-removed", {"luks.token.removed"}},
        {"token-pcrs-edited", {"luks.token.changed"}},
        {"token-policyhash-zeroed", {"luks.token.changed"}},
        {"null-data-cipher", {"luks.cipher.weak"}},
        {"null-both", {"luks.cipher.weak"}},
        {"cipher-downgrade-ecb", {"luks.cipher.weak"}},
        {"secondary-newer-seqid", {"luks.header.inconsistent"}},
        {"primary-bad-csum", {"luks.header.inconsistent"}},
        {"both-bad-csum", {"luks.header.inconsistent"}},
        {"digest-no-segment", {"luks.header.inconsistent"}},
        {"req-unknown", {"luks.header.changed"}},
        {"flags-allow-discards", {"luks.header.changed"}},
    };
    for (const auto& [name, kinds] : expected) {
        INFO(name);
        CHECK(judged_after_good(name) == kinds);
    }
}

TEST_CASE("what needs no baseline is told without one", "[REQ-54]") {
    if (!have_luks_vectors()) return;
    CHECK(judged_alone("good").empty());
    CHECK(judged_alone("good2").empty());
    CHECK(judged_alone("pin").empty());
    CHECK(judged_alone("pubkey").empty());
    CHECK(judged_alone("clevis", {"clevis"}).empty());
    CHECK(judged_alone("recovery", {"tpm2", "recovery"}).empty());
    CHECK(judged_alone("argon", {"password"}).empty());
    CHECK(judged_alone("pcr7-11", {"tpm2"}, {7, 11}).empty());
    CHECK(judged_alone("pcr7-11") == Kinds{"luks.policy.changed"});
    CHECK(judged_alone("pcr-empty") == Kinds{"luks.policy.empty"});
    CHECK(judged_alone("clevis-nopcr", {"clevis"}) == Kinds{"luks.policy.empty"});
    CHECK(judged_alone("weakpbkdf", {"password"}) == Kinds{"luks.keyslot.weak-kdf"});
    CHECK(judged_alone("argon") == Kinds{"luks.keyslot.added"});
    CHECK(judged_alone("clevis") == Kinds{"luks.keyslot.added"});
    CHECK(judged_alone("recovery") == Kinds{"luks.keyslot.added"});
    CHECK(judged_alone("tpm2-plus-password") == Kinds{"luks.keyslot.added"});
    CHECK(judged_alone("extra-slot") == Kinds{"luks.keyslot.added"});
    CHECK(judged_alone("token-removed") == Kinds{"luks.keyslot.added"});
    CHECK(judged_alone("token-policyhash-zeroed") == Kinds{"luks.token.changed"});
    CHECK(judged_alone("req-unknown") == Kinds{"luks.header.changed"});
    CHECK(judged_alone("null-data-cipher") == Kinds{"luks.cipher.weak"});
}

TEST_CASE("what was accepted is good, whatever the configuration says of its PCRs", "[REQ-54]") {
    if (!have_luks_vectors()) return;
    LuksDevice device;
    device.put_vector("pcr7-11");
    device.tpm->pcrs = enrolment_pcrs();
    device.start();
    CHECK(device.kinds() == Kinds{"luks.policy.changed"});
    device.accept();
    CHECK(device.kinds().empty());
}

TEST_CASE("LUKS1 is judged by the same rules", "[REQ-54]") {
    LuksDevice device;
    device.put(luks1_area(1000));
    device.start();
    CHECK(device.kinds() == Kinds{"luks.keyslot.added"});
    device.accept();
    CHECK(device.kinds() == Kinds{"luks.keyslot.weak-kdf"});
    device.put(luks1_area(400'000));
    device.look();
    CHECK(device.kinds() == Kinds{"luks.keyslot.added", "luks.keyslot.removed"});
    device.put(LuksMaker().area(luks_json()));
    device.look();
    CHECK(device.kinds() == Kinds{"luks.volume.replaced"});
}

TEST_CASE("a slot that opens no data is none of the configured", "[REQ-54]") {
    LuksDevice device;
    device.volume().keyslots = {"password"};
    const std::string alone = R"("1":{"type":"pbkdf2","keyslots":["1"],"segments":[],"hash":"sha256",)"
                              R"("iterations":1000,"salt":"AAAA","digest":"CCCC"},)";
    std::string json = replaced(luks_json(), R"("digests":{)", R"("digests":{)" + alone);
    json = replaced(json, R"("keyslots":{)", R"("keyslots":{"1":)" + replaced(luks_slot, "32768", "290816") + ",");
    device.put(LuksMaker().area(json));
    device.start();
    REQUIRE(device.kinds() == Kinds{"luks.keyslot.added"});
    CHECK(device.present.get("luks.keyslot.added", "var").summary ==
          "keyslot 1 (unbound) of a kind that is not configured");
}

TEST_CASE("a slot that is preferred or passed over is a change of the header", "[REQ-54]") {
    LuksDevice device;
    device.volume().keyslots = {"password"};
    device.put(LuksMaker().area(luks_json()));
    device.start();
    device.accept();
    device.put(LuksMaker().area(replaced(luks_json(), R"("key_size":64,)", R"("key_size":64,"priority":0,)")));
    device.look();
    CHECK(device.kinds() == Kinds{"luks.header.changed"});
}

TEST_CASE("ciphers that protect are told apart from those that do not", "[REQ-54]") {
    CHECK(is_strong_cipher("aes-xts-plain64", 64));
    CHECK(is_strong_cipher("aes-xts-plain64", 32));
    CHECK_FALSE(is_strong_cipher("aes-xts-plain64", 16));
    CHECK_FALSE(is_strong_cipher("cipher_null-ecb", 0));
    CHECK_FALSE(is_strong_cipher("aes-ecb", 32));
    CHECK_FALSE(is_strong_cipher("null", 32));
    CHECK_FALSE(is_strong_cipher("", 32));
}
