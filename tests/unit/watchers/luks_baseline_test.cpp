// What is accepted of volumes: as far as it was asked for, and what becomes of it.
#include <catch2/catch.hpp>

#include "unit/watchers/luks_device.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

using Kinds = std::set<std::string>;

const Kind* kind_of(std::string_view name) {
    return find_kind(name);
}

}  // namespace

TEST_CASE("a baseline that somebody changed is not taken for none", "[REQ-55]") {
    if (!have_luks_vectors()) return;
    AcceptedVolume device;
    device.baselines.tampered = true;
    std::filesystem::remove(device.directory / "disk");
    device.look();
    CHECK_FALSE(device.present.health_now.absent);
    CHECK(device.present.health_now.reason == "the baseline is not what was accepted");
}

TEST_CASE("an acceptance of one kind leaves the others as they are", "[REQ-55]") {
    if (!have_luks_vectors()) return;
    AcceptedVolume device;
    device.put_vector("extra-slot");
    device.look();
    CHECK(device.kinds() == Kinds{"luks.keyslot.added"});
    const auto diff = device.watcher->diff_baseline();
    REQUIRE(diff);
    CHECK(device.watcher->accept_baseline("other", Wanted()).error().code == ECANCELED);
    REQUIRE(device.watcher->accept_baseline(diff->digest, Wanted({{find_kind("luks.token.changed"), "var"}})));
    device.settle();
    CHECK(device.kinds() == Kinds{"luks.keyslot.added"});
    REQUIRE(device.watcher->accept_baseline(device.watcher->diff_baseline()->digest,
                                            Wanted({{find_kind("luks.keyslot.added"), "var"}})));
    device.settle();
    CHECK(device.kinds() == Kinds{"luks.keyslot.weak-kdf"});
}

TEST_CASE("an acceptance about one volume leaves another as it is", "[REQ-55]") {
    TwoVolumes device;
    device.start();
    device.accept();
    device.put_var(TwoVolumes::with_slot());
    device.maker.uuid = "00000000-07df-413c-8ab4-5d627b59f0d3";
    device.put_home(device.maker.area(luks_json()));
    device.look();
    REQUIRE(device.kinds() == Kinds{"luks.keyslot.added", "luks.volume.replaced"});
    REQUIRE(device.accept_only({{kind_of("luks.volume.replaced"), "home"}}));
    CHECK(device.kinds() == Kinds{"luks.keyslot.added"});
    CHECK(device.present.has("luks.keyslot.added", "var"));
}

TEST_CASE("an acceptance that is not about the header leaves how often it was written", "[REQ-55]") {
    MadeVolume device;
    const std::uint64_t accepted = device.maker.sequence;
    const std::vector<Wanted::Item> others = {{kind_of("tpm.handle.changed"), "0x81000001"},
                                              {kind_of("luks.mapping.unexpected"), "var"},
                                              {kind_of("luks.header.changed"), "home"}};
    device.write_and_look(accepted + 2);
    for (const Wanted::Item& other : others) {
        REQUIRE(device.accept_only({other}));
        CHECK(device.kinds() == Kinds{"luks.header.changed"});
    }
    // Back to what was accepted, behind what was seen.
    device.write_and_look(accepted);
    for (const Wanted::Item& other : others) {
        REQUIRE(device.accept_only({other}));
        CHECK(device.kinds() == Kinds{"luks.header.rolled-back"});
    }
    REQUIRE(device.accept_only({{kind_of("luks.header.rolled-back"), "var"}}));
    CHECK(device.kinds().empty());
}

TEST_CASE("a volume that nothing was accepted of is accepted when it is asked for, as a whole", "[REQ-55]") {
    TwoVolumes device;
    const LuksVolume home = device.config.luks.volumes.back();
    device.config.luks.volumes.pop_back();
    device.start();
    device.accept();
    device.config.luks.volumes.push_back(home);
    device.config.luks.volumes.back().keyslots = {"tpm2"};
    device.put_var(TwoVolumes::with_slot());
    const std::string demanding = R"("config":{"requirements":{"mandatory":["unknown"]},)";
    device.put_home(device.maker.area(replaced(luks_json(), R"("config":{)", demanding)));
    device.watcher.reset();
    device.start();
    const std::string blind = "volume home was not accepted yet: run `integrityctl baseline accept luks`";
    CHECK(device.present.health_now.reason == blind);
    REQUIRE(device.kinds() == Kinds{"luks.keyslot.added", "luks.header.changed"});
    SECTION("not when another one is accepted") {
        REQUIRE(device.accept_only({{kind_of("luks.keyslot.added"), "var"}}));
        CHECK_FALSE(device.present.has("luks.keyslot.added", "var"));
        CHECK(device.present.has("luks.keyslot.added", "home"));
        CHECK(device.present.has("luks.header.changed", "home"));
        CHECK(device.present.health_now.reason == blind);
    }
    SECTION("not by a part of what is told of it") {
        CHECK(device.accept_only({{kind_of("luks.keyslot.added"), "home"}}).error().code == EINVAL);
        CHECK(device.present.has("luks.keyslot.added", "home"));
        CHECK(device.present.health_now.reason == blind);
    }
    SECTION("by all that is told of it") {
        REQUIRE(
            device.accept_only({{kind_of("luks.keyslot.added"), "home"}, {kind_of("luks.header.changed"), "home"}}));
        CHECK(device.kinds() == Kinds{"luks.keyslot.added"});
        CHECK(device.present.has("luks.keyslot.added", "var"));
        CHECK(device.present.health_now.can_look);
    }
}

TEST_CASE("a baseline that cannot be read takes nothing back, and is accepted as a whole alone", "[REQ-55]") {
    TwoVolumes device;
    device.start();
    device.accept();
    device.put_var(TwoVolumes::with_slot());
    device.maker.uuid = "00000000-07df-413c-8ab4-5d627b59f0d3";
    device.put_home(device.maker.area(luks_json()));
    device.look();
    REQUIRE(device.kinds() == Kinds{"luks.keyslot.added", "luks.volume.replaced"});
    device.tpm->facts.disable_clear = true;
    device.look();
    REQUIRE(device.present.has("tpm.policy.changed", "tpm"));
    device.baselines.tampered = true;
    device.look();
    CHECK(device.present.health_now.reason == "the baseline is not what was accepted");
    CHECK(device.present.has("luks.keyslot.added", "var"));
    CHECK(device.present.has("luks.volume.replaced", "home"));
    CHECK(device.present.has("tpm.policy.changed", "tpm"));
    CHECK(device.accept_only({{kind_of("luks.volume.replaced"), "home"}}).error().code == EINVAL);
    device.baselines.tampered = false;
    device.put_home(LuksMaker().area(luks_json()));
    device.look();
    CHECK(device.kinds() == Kinds{"luks.keyslot.added"});
}

TEST_CASE("what was exported of volumes can be imported, and what is no baseline is refused", "[REQ-55]") {
    if (!have_luks_vectors()) return;
    AcceptedVolume device;
    const ValueMap exported = device.baselines.load("luks").value()->content;
    device.put_vector("extra-slot");
    device.look();
    REQUIRE(device.watcher->accept_baseline(device.watcher->diff_baseline()->digest, Wanted()));
    device.settle();
    REQUIRE(device.kinds().count("luks.keyslot.added") == 0);
    ValueMap other_version = exported;
    other_version["version"] = 2;
    ValueMap with_more = exported;
    with_more["more"] = "words";
    for (const ValueMap& document :
         {ValueMap{}, ValueMap{{"version", 1}, {"volumes", "all"}}, other_version, with_more})
        CHECK(device.watcher->import_baseline(document).error().code == EINVAL);
    REQUIRE(device.watcher->import_baseline(exported));
    device.settle();
    CHECK(device.kinds().count("luks.keyslot.added") == 1);
    CHECK(device.baselines.load("luks").value()->content == exported);
}
