// What cannot be known of a boot: nothing is called good by it, and nothing that was told is taken back.
#include <catch2/catch.hpp>

#include "unit/watchers/boot_device.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

using Told = std::vector<std::string>;

const Told next_db = {"boot.secureboot.keys-changed db at the next boot"};

// Another key waits in db for the next boot.
struct ChangedDevice : BootDevice {
    ChangedDevice() {
        set_variables(CipBoot());
        boot(CipBoot());
        accept();
        CipBoot more;
        more.db = signature_list({"product certificate", "somebody's"});
        set_variable("db", more.db);
        interval();
        REQUIRE(held() == next_db);
    }
    [[nodiscard]] std::string db() const { return directory / "efivars/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f"; }
};

}  // namespace

TEST_CASE("a log of a bank that the TPM does not have is not called intact", "[REQ-66]") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    // True digests of what ran in the bank that is left; in the one that was accepted those that were accepted.
    CipBoot other;
    other.kernel = "somebody's kernel";
    const EditedLog measured = other.log();
    EditedLog forged = measured;
    const EditedLog good = CipBoot().log();
    for (std::size_t i = 0; i < forged.events.size(); ++i)
        forged.events[i].digests[1] = good.events[i].digests[1];
    for (const bool empty : {false, true}) {
        device.boot(measured, forged);
        device.stop();
        if (empty)
            device.tpm->pcrs[1].values.clear();
        else
            device.tpm->pcrs.erase(device.tpm->pcrs.begin() + 1);
        device.clock.boot_id_ = "without sha256";
        device.start();
        CHECK_FALSE(device.present.health_now.can_look);
        CHECK(device.present.health_now.reason ==
              "log and TPM have no bank of PCRs in common, or not the accepted one");
        CHECK_FALSE(device.watcher->diff_baseline());
    }
}

TEST_CASE("a baseline that cannot be read takes nothing back", "[REQ-65]") {
    BootDevice device;
    device.put_root_on_verity(std::string(64, 'a'));
    device.set_variables(CipBoot());
    device.boot(CipBoot());
    device.accept();
    CipBoot other;
    other.kernel = "somebody's kernel";
    device.boot(other);
    CipBoot more;
    more.db = signature_list({"product certificate", "somebody's"});
    device.set_variable("db", more.db);
    device.put_root_on("linear 254:1 0");
    device.interval();
    const Told told = {"boot.event.unexpected pcr4 kernel image", "boot.root.unverified /", next_db.front()};
    REQUIRE(device.held() == told);
    const Baseline document = device.baselines.documents.at("boot");
    SECTION("what was written is another document") {
        device.baselines.tampered = true;
    }
    SECTION("it is none of ours") {
        device.baselines.documents["boot"].content = {{"version", 7}};
    }
    device.set_variables(CipBoot());
    device.interval();
    CHECK(device.held() == told);
    CHECK_FALSE(device.present.health_now.can_look);
    device.baselines.tampered = false;
    device.baselines.documents["boot"] = document;
    device.interval();
    CHECK(device.held() == Told{told[0], told[1]});
}

TEST_CASE("keys that cannot be read stay as they were told until they can", "[REQ-68]") {
    ChangedDevice device;
    SECTION("efivarfs is mounted no more") {
        std::filesystem::rename(device.directory / "efivars", device.directory / "elsewhere");
        device.interval();
        CHECK(device.held() == next_db);
        // A daemon that starts anew has not seen it.
        device.stop();
        device.start();
        CHECK(device.held() == next_db);
        std::filesystem::rename(device.directory / "elsewhere", device.directory / "efivars");
    }
    SECTION("the variable is refused") {
        std::filesystem::remove(device.db());
        std::filesystem::create_directory(device.db());
        device.interval();
        CHECK(device.held() == next_db);
        std::filesystem::remove(device.db());
    }
    device.set_variables(CipBoot());
    device.interval();
    CHECK(device.held().empty());
}

TEST_CASE("a variable that is refused is not one that is empty", "[REQ-68]") {
    BootDevice device;
    device.set_variables(CipBoot());
    device.boot(CipBoot());
    device.accept();
    const std::string dbx = device.directory / "efivars/dbx-d719b2cb-3d3a-4596-a3bc-dad00e67656f";
    std::filesystem::remove(dbx);
    std::filesystem::create_directory(dbx);
    device.interval();
    CHECK(device.held().empty());
    std::filesystem::remove(dbx);
    device.interval();
    CHECK(device.held() == Told{"boot.secureboot.keys-changed dbx at the next boot"});
}

TEST_CASE("what the last boot would have brought is over with the next, also where efivarfs is not there", "[REQ-68]") {
    ChangedDevice device;
    std::filesystem::rename(device.directory / "efivars", device.directory / "elsewhere");
    device.boot(CipBoot());
    CHECK(device.held().empty());
}

TEST_CASE("Secure Boot that is off by the variable alone stays told while that cannot be read", "[REQ-68]") {
    BootDevice device;
    device.set_variables(CipBoot());
    device.boot(CipBoot());
    device.accept();
    device.set_variable("SecureBoot", std::string(1, '\0'));
    device.set_variable("SetupMode", "\x01");
    device.interval();
    const Told told = {"boot.secureboot.disabled Secure Boot", "boot.secureboot.setup-mode Secure Boot"};
    REQUIRE(device.held() == told);
    std::filesystem::rename(device.directory / "efivars", device.directory / "elsewhere");
    device.interval();
    CHECK(device.held() == told);
}
