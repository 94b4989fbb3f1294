// The TPM's part of the watcher `luks`, with a TPM that answers what the test put there.
#include <catch2/catch.hpp>

#include "core/tpm_index.hpp"
#include "tpm_device.hpp"
#include "watchers/luks/tpm_baseline.hpp"
#include "watchers/luks/tpm_judge.hpp"

using namespace integrityd;
using test::FakeTpm;
using test::good_tpm;
using test::TpmDevice;
using Accepted = test::AcceptedTpm;

namespace {

const std::string digest_bytes(32, '\x5a');
const std::string digest_hex = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

void provision(FakeTpm& tpm, const std::string& digest, char seals) {
    tpm.nv[tpm_digest_index] = {.name = "d", .attributes = 0, .data = digest};
    tpm.nv[tpm_counter_index] = {.name = "c", .attributes = 0, .data = std::string(7, '\0') + seals};
}

}  // namespace

TEST_CASE("a TPM in good health is told nothing of, accepted or not", "[REQ-61]") {
    TpmDevice device(good_tpm());
    device.look();
    CHECK(device.present.held.empty());
    CHECK(device.present.happenings.empty());
    CHECK(device.watch->present());
    CHECK(device.watch->difference().size() == 7);  // all of it is new
    device.accept();
    device.look();
    CHECK(device.watch->difference().empty());
    CHECK(device.present.held.empty());
}

TEST_CASE("a TPM that is not there and never was accepted is no violation", "[REQ-61]") {
    const auto tpm = good_tpm();
    tpm->error = Error{"no such device", ENODEV};
    TpmDevice device(tpm);
    device.look();
    CHECK(device.watch->missing());
    CHECK(device.present.held.empty());
}

TEST_CASE("wrong authorisations are told from the threshold on, and lockout instead of them", "[REQ-61]") {
    Accepted given;
    given.tpm->facts.lockout_counter = 2;
    given.device.look();
    CHECK(given.device.present.held.empty());
    given.tpm->facts.lockout_counter = 3;
    given.device.look();
    REQUIRE(given.device.present.has("tpm.lockout.rising", "tpm"));
    CHECK(given.device.present.get("tpm.lockout.rising", "tpm").summary ==
          "the TPM counted 3 of 32 wrong authorisations");
    given.tpm->facts.in_lockout = true;
    given.device.look();
    CHECK_FALSE(given.device.present.has("tpm.lockout.rising", "tpm"));
    CHECK(given.device.present.has("tpm.lockout.active", "tpm"));
    given.tpm->facts.in_lockout = false;
    given.tpm->facts.lockout_counter = 0;
    given.device.look();
    CHECK(given.device.present.held.empty());
    // A TPM that locks itself at two is told at one.
    CHECK(effective_threshold({.lockout_limit = 2}, 3) == 1);
    CHECK(effective_threshold({.lockout_limit = 0}, 3) == 1);
    CHECK(effective_threshold({.lockout_limit = 32}, 40) == 31);
}

TEST_CASE("authorisations and the clear-disable flag are held against what was accepted", "[REQ-61]") {
    Accepted given;
    given.tpm->facts.owner_auth_set = true;
    given.tpm->facts.disable_clear = true;
    given.device.look();
    REQUIRE(given.device.present.has("tpm.policy.changed", "tpm"));
    CHECK(given.device.present.get("tpm.policy.changed", "tpm").summary ==
          "the TPM is set otherwise than accepted: disable_clear, owner_auth_set");
    CHECK(given.device.watch->difference().size() == 2);
    given.device.accept();
    given.device.look();
    CHECK(given.device.present.held.empty());
}

TEST_CASE("a baseline that cannot be read takes nothing back of the TPM", "[REQ-61]") {
    Accepted given;
    given.tpm->facts.disable_clear = true;
    given.tpm->facts.persistent = {{0x81000001, "other"}, {0x81010001, "ek"}};
    given.tpm->facts.lockout_counter = 3;
    given.device.look();
    REQUIRE(given.device.present.held.size() == 3);
    given.device.watch->lose_baseline();
    given.tpm->facts.lockout_counter = 0;
    given.device.look();
    CHECK(given.device.present.has("tpm.policy.changed", "tpm"));
    CHECK(given.device.present.has("tpm.handle.changed", "0x81000001"));
    CHECK_FALSE(given.device.present.has("tpm.lockout.rising", "tpm"));
    given.device.watch->use_baseline(given.device.accepted);
    given.tpm->error = Error{"no such device", ENODEV};
    given.device.look();
    REQUIRE(given.device.present.has("tpm.missing", "tpm"));
    given.device.watch->lose_baseline();
    given.device.look();
    CHECK(given.device.present.has("tpm.missing", "tpm"));
    CHECK(given.device.present.held.size() == 3);
}

TEST_CASE("a baseline that cannot be read leaves told that the TPM's digest is gone", "[REQ-62]") {
    Accepted given;
    provision(*given.tpm, digest_bytes, 1);
    given.device.look();
    given.device.accept(digest_hex);
    given.device.look();
    given.tpm->nv.clear();
    given.device.look();
    REQUIRE(given.device.present.has("self.baseline.tampered", seal_subject));
    given.device.watch->lose_baseline();
    given.device.look();
    CHECK(given.device.present.has("self.baseline.tampered", seal_subject));
}

TEST_CASE("an acceptance of a part of the TPM takes over that part", "[REQ-61]") {
    const ValueMap accepted{{"disable_clear", false}, {"handles", ValueMap{{"0x1", "a"}, {"0x2", "b"}}}};
    const ValueMap present{{"disable_clear", true}, {"handles", ValueMap{{"0x1", "other"}, {"0x3", "c"}}}};
    const auto taken = [&](const char* kind, const char* subject) {
        return merged_tpm(accepted, present, Wanted({{find_kind(kind), subject}}));
    };
    const auto with_handles = [&](const ValueMap& handles) {
        return ValueMap{{"disable_clear", false}, {"handles", handles}};
    };
    CHECK(taken("luks.header.changed", "var") == accepted);
    CHECK(taken("tpm.handle.changed", "0x1") == with_handles({{"0x1", "other"}, {"0x2", "b"}}));
    CHECK(taken("tpm.handle.changed", "0x2") == with_handles({{"0x1", "a"}}));
    CHECK(taken("tpm.handle.changed", "0x3") == with_handles({{"0x1", "a"}, {"0x2", "b"}, {"0x3", "c"}}));
    CHECK(taken("tpm.policy.changed", "tpm") ==
          ValueMap{{"disable_clear", true}, {"handles", ValueMap{{"0x1", "a"}, {"0x2", "b"}}}});
}

TEST_CASE("each persistent object that is new, gone or another is told by its handle", "[REQ-61]") {
    Accepted given;
    given.tpm->facts.persistent = {{0x81000001, "other"}, {0x81010002, "new"}};
    given.device.look();
    CHECK(given.device.present.get("tpm.handle.changed", "0x81000001").summary ==
          "the persistent object 0x81000001 is another than accepted");
    CHECK(given.device.present.get("tpm.handle.changed", "0x81010002").summary ==
          "the persistent object 0x81010002 is new");
    CHECK(given.device.present.get("tpm.handle.changed", "0x81010001").summary ==
          "the persistent object 0x81010001 is gone");
    CHECK(given.device.present.held.size() == 3);
}

TEST_CASE("a bank that is active and was not extended by the firmware is told, accepted or not", "[REQ-61]") {
    const auto tpm = good_tpm();
    PcrBank empty{.algorithm = TpmHash::sha1, .values = {}};
    for (unsigned pcr = 0; pcr < pcr_count; ++pcr)
        empty.values[pcr] = std::string(20, '\0');
    tpm->pcrs.push_back(empty);
    tpm->pcrs[0].values[10] = std::string(32, '\0');  // not the firmware's
    TpmDevice device(tpm);
    device.look();
    CHECK(device.present.has("tpm.bank.uninitialised", "sha1"));
    CHECK(device.present.held.size() == 1);
}

TEST_CASE("a cleared TPM is told by its reset count or its clock", "[REQ-61]") {
    Accepted by_count;
    by_count.tpm->facts.reset_count = 0;
    by_count.tpm->facts.clock = 9'000'000;
    by_count.device.look();
    CHECK(by_count.device.happened("tpm.cleared") == 1);
    by_count.device.look();
    CHECK(by_count.device.happened("tpm.cleared") == 1);

    Accepted by_clock;
    by_clock.tpm->facts.clock = 100;
    by_clock.device.look();
    CHECK(by_clock.device.happened("tpm.cleared") == 1);

    // After a loss of power the clock may go back by what was not saved, some 70 minutes, whatever it says of itself.
    Accepted power_cut;
    power_cut.tpm->facts.clock -= 4'194'304;
    power_cut.tpm->facts.reset_count += 1;
    power_cut.device.boot("22222222");
    power_cut.device.look();
    CHECK(power_cut.device.present.happenings.empty());

    Accepted later;
    later.tpm->facts.clock -= 4'194'305;
    later.tpm->facts.reset_count += 1;
    later.device.boot("22222222");
    later.device.look();
    CHECK(later.device.happened("tpm.cleared") == 1);
}

TEST_CASE("more resets than boots are told with their number, over restarts", "[REQ-61]") {
    Accepted given;
    // A boot as ever, and a restart of the daemon alone.
    given.tpm->facts.reset_count += 1;
    given.device.boot("22222222");
    given.device.look();
    given.device.boot();
    given.device.look();
    CHECK(given.device.present.happenings.empty());
    // The kernel alone was restarted: no reset.
    given.device.boot("33333333");
    given.device.look();
    CHECK(given.device.present.happenings.empty());
    // Something else booted twice in between.
    given.tpm->facts.reset_count += 3;
    given.device.boot("44444444");
    given.device.look();
    REQUIRE(given.device.happened("tpm.boots.unseen") == 1);
    CHECK(given.device.present.happenings[0].summary ==
          "the TPM was reset 2 times more than this device booted under integrityd");
    // A reset of the TPM alone.
    given.tpm->facts.reset_count += 1;
    given.device.look();
    CHECK(given.device.happened("tpm.boots.unseen") == 2);
}

TEST_CASE("what is kept comes back from its text, and nonsense is nothing", "[REQ-61]") {
    const TpmMemory memory{.reset_count = 4294967295U, .clock = 7, .seals = 3, .boot_id = "b"};
    CHECK(to_text(memory) == "tpm 4294967295 7 3 b");
    CHECK(parse_tpm_memory(to_text(memory)) == memory);
    for (const std::string& text :
         {std::string(), std::string("tpm"), std::string("tpm 1 2 3"), std::string("tpm x 2 3 b"),
          std::string("tpm 4294967296 2 3 b"), std::string("tpm -1 2 3 b"), "tpm 1 2 3 " + std::string(65, 'b'),
          std::string("tpm 1 2 3 b\nc")}) {
        CAPTURE(text);
        CHECK_FALSE(parse_tpm_memory(text));
    }
    Accepted given;
    CHECK(given.device.watch->take_news());
    given.tpm->facts.clock += 1000;
    given.device.look();
    CHECK_FALSE(given.device.watch->take_news());
    given.tpm->facts.clock += 3'600'000;
    given.device.look();
    CHECK(given.device.watch->take_news());
}

TEST_CASE("the digest in the TPM is held against the accepted baseline", "[REQ-62]") {
    const auto tpm = good_tpm();
    provision(*tpm, digest_bytes, 1);
    TpmDevice device(tpm);
    device.look();
    device.accept(digest_hex);
    device.look();  // root may still have to bring it into the TPM
    device.look();
    CHECK(device.present.held.empty());
    CHECK(device.watch->report().at("seal").text() == "held");

    SECTION("the document is replaced by another that was once accepted") {
        device.accepted->digest = "0000";
        device.boot();
        device.look();
        REQUIRE(device.present.has("self.baseline.tampered", seal_subject));
        CHECK(device.watch->report().at("seal").text() == "differs");
    }
    SECTION("the index is taken away") {
        tpm->nv.clear();
        device.look();
        CHECK(device.present.get("self.baseline.tampered", seal_subject).summary ==
              "the TPM holds no digest of the baseline any more");
        CHECK(device.watch->difference().contains("provisioned"));
        device.accept("2222");
        device.look();
        CHECK(device.present.held.empty());
    }
    SECTION("the counter goes back") {
        provision(*tpm, digest_bytes, 0);
        device.look();
        device.look();
        CHECK(device.present.has("self.baseline.tampered", seal_subject));
    }
    SECTION("a new baseline is accepted, and its digest brought there after the first look") {
        device.accept("1111");
        device.look();
        CHECK(device.present.held.empty());
        SECTION("and never brought there") {
            device.look();
            CHECK(device.present.has("self.baseline.tampered", seal_subject));
        }
    }
    SECTION("a new baseline is accepted, and the TPM is busy at the first look") {
        device.accept("1111");
        tpm->error = Error{"the reason", EBUSY};
        device.look();
        tpm->error.reset();
        device.watch->use_baseline(device.accepted);
        device.look();
        CHECK(device.present.held.empty());
        device.watch->use_baseline(device.accepted);
        device.look();
        CHECK(device.present.has("self.baseline.tampered", seal_subject));
    }
}

TEST_CASE("a baseline that is gone while the TPM still holds its digest is told, and nothing is learned", "[REQ-62]") {
    const auto tpm = good_tpm();
    provision(*tpm, "", 0);
    TpmDevice device(tpm);
    device.look();
    CHECK(device.present.held.empty());  // nothing was ever written there
    provision(*tpm, digest_bytes, 1);
    device.look();
    REQUIRE(device.present.has("self.baseline.tampered", seal_subject));
    CHECK(device.present.get("self.baseline.tampered", seal_subject).summary ==
          "the TPM holds the digest of an accepted baseline, which this device no longer has");
    device.look();
    CHECK(device.present.has("self.baseline.tampered", seal_subject));
    // Accepted anew, and its digest brought there.
    device.accept(std::string(64, '6'));
    provision(*tpm, std::string(32, '\x66'), 2);
    device.look();
    device.look();
    CHECK(device.present.held.empty());
}

TEST_CASE("a baseline from before the TPM held a digest does not fit to one that it holds", "[REQ-62]") {
    const auto tpm = good_tpm();
    TpmDevice device(tpm);
    device.look();
    device.accept();
    provision(*tpm, digest_bytes, 1);
    device.look();
    device.look();
    CHECK(device.present.has("self.baseline.tampered", seal_subject));
}

TEST_CASE("without the digest in the TPM everything works, and the report says what is weaker", "[REQ-62]") {
    TpmDevice device(good_tpm());
    CHECK(device.watch->report().at("state").text() == "unknown");
    device.look();
    device.accept();
    device.look();
    device.look();
    CHECK(device.present.held.empty());
    const ValueMap report = device.watch->report();
    CHECK(report.at("seal").text() == "none");
    CHECK(report.at("weaker").get<ValueList>()->size() == 3);
}

TEST_CASE("a look that comes back after the watcher's end is dropped, and looks are not begun twice") {
    const auto tpm = good_tpm();
    TpmDevice device(tpm);
    int done = 0;
    device.watch->look([&done] { ++done; });
    device.watch->look([&done] { ++done; });
    CHECK(device.worker.waiting() == 1);
    device.worker.run_all();
    CHECK(done == 2);
    device.watch->look([&done] { ++done; });
    device.watch.reset();
    device.worker.run_all();
    CHECK(done == 2);
    device.boot();
    device.worker.full_ = true;
    device.watch->look([&done] { ++done; });
    CHECK(done == 3);
    device.watch->look([&done] { ++done; });
    CHECK(done == 4);
    CHECK(device.present.has("tpm.unavailable", "tpm"));
}
