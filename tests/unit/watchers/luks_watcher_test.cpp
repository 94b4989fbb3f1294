// The watcher: baseline, memory, doubt, PCRs, and what is there and what is not.
#include <catch2/catch.hpp>

#include "core/canonical_json.hpp"
#include "support/luks_maker.hpp"
#include "unit/watchers/luks_device.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

using Kinds = std::set<std::string>;

}  // namespace

TEST_CASE("without a baseline the watcher is blind and judges what needs none", "[REQ-55]") {
    if (!have_luks_vectors()) return;
    LuksDevice device;
    device.tpm->pcrs = enrolment_pcrs();
    device.put_vector("tpm2-plus-password");
    device.start();
    CHECK_FALSE(device.present.health_now.can_look);
    CHECK(device.present.health_now.reason == "no accepted baseline: run `integrityctl baseline accept luks`");
    CHECK(device.kinds() == Kinds{"luks.keyslot.added"});
    device.look();
    CHECK(device.baselines.documents.empty());  // nothing is learned in passing
    device.accept();
    CHECK(device.present.health_now.can_look);
    CHECK(device.kinds() == Kinds{"luks.keyslot.weak-kdf"});  // which no acceptance settles
}

TEST_CASE("where no volume was ever there the watcher is absent, and only where that is for it to say", "[REQ-55]") {
    LuksDevice device;
    SECTION("none configured") {
        device.config.luks.volumes.clear();
    }
    SECTION("no device") {}
    SECTION("not encrypted") {
        device.put(std::string(4096, 'x'));
    }
    device.tpm->error = Error{"no TPM", ENODEV};
    device.start();
    CHECK(device.present.health_now.absent);
    CHECK(device.kinds().empty());
    CHECK(device.present.finished == 1);
}

TEST_CASE("a volume that is gone or no LUKS any more is told where it was accepted", "[REQ-55]") {
    if (!have_luks_vectors()) return;
    AcceptedVolume device;
    device.put(std::string(40'000, 'x'));
    device.look();
    CHECK(device.kinds() == Kinds{"luks.volume.not-encrypted"});
    std::filesystem::remove(device.directory / "disk");
    device.look();
    CHECK(device.kinds() == Kinds{"luks.volume.missing", "luks.volume.not-encrypted"});
    device.put_vector("good");
    device.look();
    CHECK(device.kinds().empty());
}

TEST_CASE("enabled = true tells of a volume that is not there without a baseline", "[REQ-55]") {
    LuksDevice device;
    device.config.luks.enabled = Enabled::yes;
    device.start();
    CHECK(device.kinds() == Kinds{"luks.volume.missing"});
    CHECK_FALSE(device.present.health_now.absent);
}

TEST_CASE("PCRs that moved are told before the reboot, and taken back when they are as sealed", "[REQ-52][REQ-55]") {
    if (!have_luks_vectors()) return;
    AcceptedVolume device;
    CHECK(device.kinds().empty());
    device.tpm->pcrs[0].values[7][0] ^= 1;
    device.look();
    CHECK(device.kinds() == Kinds{"luks.unseal.failing"});
    CHECK(device.present.get("luks.unseal.failing", "var").summary.find("PCR 7") != std::string::npos);
    // A TPM that cannot be asked takes nothing back.
    device.tpm->error = Error{"the TPM does not answer", ETIMEDOUT};
    device.look();
    CHECK(device.kinds() == Kinds{"luks.unseal.failing"});
    device.tpm->error.reset();
    device.tpm->pcrs = enrolment_pcrs();
    device.look();
    CHECK(device.kinds().empty());
}

TEST_CASE("a TPM that is busy is asked once more a minute later, long before the next look", "[REQ-61]") {
    if (!have_luks_vectors()) return;
    AcceptedVolume device;
    device.tpm->error = Error{"the TPM does not answer", ETIMEDOUT};
    device.look();
    CHECK_FALSE(device.present.has("tpm.unavailable", "tpm"));
    CHECK(device.watcher->diff_baseline().error().code == EBUSY);  // it would be accepted without the TPM
    const auto looks = device.watcher->counters().at("looks");
    SECTION("and told of when it still is") {
        device.loop.advance(std::chrono::seconds(60));
        device.settle();
        CHECK(device.present.has("tpm.unavailable", "tpm"));
    }
    SECTION("and not when it answers") {
        device.tpm->error.reset();
        device.loop.advance(std::chrono::seconds(60));
        device.settle();
        CHECK(device.present.held.empty());
    }
    CHECK(device.watcher->counters().at("looks") == looks + 1);
    device.loop.advance(std::chrono::seconds(120));
    device.settle();
    CHECK(device.watcher->counters().at("looks") == looks + 1);
}

TEST_CASE("a header that is being written is looked at once more before it is told", "[REQ-54]") {
    if (!have_luks_vectors()) return;
    AcceptedVolume device;
    device.put_vector("secondary-newer-seqid");
    REQUIRE(device.watcher->check());
    turn_until_quiet(device.loop, device.worker);
    CHECK(device.kinds().empty());
    device.put_vector("good");
    device.loop.advance(std::chrono::seconds(1));
    turn_until_quiet(device.loop, device.worker);
    CHECK(device.kinds().empty());
    device.put_vector("secondary-newer-seqid");
    device.look();
    CHECK(device.kinds() == Kinds{"luks.header.inconsistent"});
}

TEST_CASE("a header that was written and says the same was written all the same", "[REQ-54]") {
    MadeVolume device;
    CHECK(device.kinds().empty());
    const std::uint64_t accepted = device.maker.sequence;
    device.write_and_look(accepted + 2);
    CHECK(device.kinds() == Kinds{"luks.header.changed"});
    CHECK(device.present.get("luks.header.changed", "var").summary ==
          "the header was written 2 times since it was accepted, and says the same");
    device.write_and_look(accepted - 1);
    CHECK(device.kinds() == Kinds{"luks.header.rolled-back"});
}

TEST_CASE("a header that goes back behind one that was seen is told over a restart", "[REQ-54]") {
    MadeVolume device;
    const std::uint64_t accepted = device.maker.sequence;
    device.write_and_look(accepted + 6);
    device.write(accepted + 2);
    device.watcher.reset();
    device.start();
    CHECK(device.present.has("luks.header.rolled-back", "var"));
    device.accept();
    CHECK(device.kinds().empty());
}

TEST_CASE("the report says what an operator asks", "[REQ-52]") {
    if (!have_luks_vectors()) return;
    AcceptedVolume device;
    const auto report = device.watcher->report();
    REQUIRE(report);
    const auto& volume = *report->at("volumes").get<ValueList>()->at(0).get<ValueMap>();
    CHECK(volume.at("state").text() == "as accepted");
    CHECK(volume.at("would_unseal").get<ValueMap>()->at("answer").text() == "yes");
    CHECK(volume.at("slots").get<ValueList>()->size() == 1);
    CHECK(volume.at("key_bits").number() == 512);
    // No secret: neither the sealed key nor a salt.
    const std::string text = canonical_json(Value(*report));
    CHECK(text.find("blob") == std::string::npos);
    CHECK(text.find("salt") == std::string::npos);
}

TEST_CASE("what the difference shows is settled before it is asked for") {
    if (!have_luks_vectors()) return;
    AcceptedVolume device;
    bool settled = false;
    device.put_vector("extra-slot");
    device.watcher->when_settled([&] { settled = true; });
    CHECK_FALSE(settled);
    device.settle();
    CHECK(settled);
    CHECK(canonical_json(Value(device.watcher->diff_baseline()->difference)).find("password") != std::string::npos);
}

TEST_CASE("a lane that is full delays a look and ends none", "[REQ-55]") {
    if (!have_luks_vectors()) return;
    AcceptedVolume device;
    device.worker.full_ = true;
    device.look();
    device.worker.full_ = false;
    device.put_vector("extra-slot");
    device.look();
    CHECK(device.kinds() == Kinds{"luks.keyslot.added"});
}

TEST_CASE("a lane that is full at the first look delays it, and nothing is said meanwhile", "[REQ-55]") {
    MadeVolume device;
    device.put(TwoVolumes::with_slot());
    device.watcher.reset();
    device.present = Present();
    device.worker.full_ = true;
    device.start();
    CHECK(device.present.finished == 0);
    device.worker.full_ = false;
    device.settle();
    CHECK(device.present.finished == 1);
    CHECK(device.kinds() == Kinds{"luks.keyslot.added"});
}

TEST_CASE("volumes that are in doubt by turns hold up no look, and are told at the next", "[REQ-54]") {
    TwoVolumes device;
    device.start();
    device.accept();
    const int before = device.present.finished;
    const auto look_by_turns = [&] {
        REQUIRE(device.watcher->check());
        device.put_var(device.inconsistent());
        device.put_home(device.maker.area(luks_json()));
        turn_until_quiet(device.loop, device.worker);
        device.put_var(device.maker.area(luks_json()));
        device.put_home(device.inconsistent());
        device.settle();
    };
    look_by_turns();
    CHECK(device.present.finished == before + 1);
    CHECK(device.kinds().empty());
    CHECK(device.present.health_now.reason == "volume home: it was being written, or suspended");
    look_by_turns();
    CHECK(device.present.finished == before + 2);
    CHECK(device.present.has("luks.header.inconsistent", "home"));
    CHECK(device.present.held.size() == 1);
    CHECK(device.present.health_now.can_look);
}

TEST_CASE("what is doubtful for the first time at the end of a look takes nothing back", "[REQ-54]") {
    TwoVolumes device;
    device.start();
    device.accept();
    device.put_home(TwoVolumes::with_slot());
    device.look();
    REQUIRE(device.present.has("luks.keyslot.added", "home"));
    REQUIRE(device.watcher->check());
    device.put_var(device.inconsistent());
    turn_until_quiet(device.loop, device.worker);
    device.put_home(device.inconsistent());
    device.settle();
    CHECK(device.present.has("luks.header.inconsistent", "var"));
    CHECK(device.present.has("luks.keyslot.added", "home"));
}
