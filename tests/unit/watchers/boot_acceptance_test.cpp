// What is accepted of a boot when only some violations were meant: what they are about, and nothing beside it.
#include <catch2/catch.hpp>

#include "catalogue_kinds.hpp"
#include "unit/watchers/boot_device.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

using Told = std::vector<std::string>;

// As `baseline accept boot --id` does it.
Result<void> accept_only(BootDevice& device, const Kind& kind, const std::string& subject) {
    const auto diff = device.watcher->diff_baseline();
    REQUIRE(diff);
    const auto done = device.watcher->accept_baseline(diff->digest, Wanted({{&kind, subject}}));
    device.turn();
    return done;
}

const std::string root_mount = "22 1 254:0 / / ro,relatime shared:1 - ext4 /dev/mapper/rootfs ro\n";

}  // namespace

TEST_CASE("who accepts a component accepts no other one", "[REQ-65]") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    CipBoot other;
    other.loader = "another loader";
    other.kernel = "another kernel";
    EditedLog log = other.log();
    log.add(8, event_type::ipl, "grub_cmd: linux /other");
    device.boot(log);
    REQUIRE(device.held() == Told{"boot.event.unexpected pcr4 kernel image", "boot.event.unexpected pcr4 loader",
                                  "boot.event.unexpected pcr8 boot loader commands"});
    REQUIRE(accept_only(device, kinds::boot_event_unexpected, "pcr4 kernel image"));
    CHECK(device.held() ==
          Told{"boot.event.unexpected pcr4 loader", "boot.event.unexpected pcr8 boot loader commands"});
    REQUIRE(accept_only(device, kinds::boot_event_unexpected, "pcr8 boot loader commands"));
    CHECK(device.held() == Told{"boot.event.unexpected pcr4 loader"});
    // What was accepted before still is.
    device.boot(CipBoot());
    CHECK(device.held() == Told{"boot.event.missing pcr8 boot loader commands"});
    REQUIRE(accept_only(device, kinds::boot_event_missing, "pcr8 boot loader commands"));
    CHECK(device.held().empty());
}

TEST_CASE("who accepts a key variable accepts no other one, and no Secure Boot that is off", "[REQ-68]") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    CipBoot other;
    other.secure = false;
    other.db = signature_list({"another certificate"});
    other.exchange_keys = signature_list({"another exchange key"});
    device.boot(other);
    const Told all = {"boot.event.missing pcr7 authorities", "boot.secureboot.disabled Secure Boot",
                      "boot.secureboot.keys-changed KEK", "boot.secureboot.keys-changed db"};
    REQUIRE(device.held() == all);
    REQUIRE(accept_only(device, kinds::boot_secureboot_test_keys, "db a test key"));
    CHECK(device.held() == all);
    REQUIRE(accept_only(device, kinds::boot_secureboot_keys_changed, "db"));
    CHECK(device.held() == Told{all[0], all[1], all[2]});
    REQUIRE(accept_only(device, kinds::boot_secureboot_disabled, "Secure Boot"));
    CHECK(device.held() == Told{all[0], all[2]});
    CHECK(accept_only(device, kinds::boot_secureboot_keys_changed, "db at the next boot").error().code == EINVAL);
    CHECK(device.held() == Told{all[0], all[2]});
}

TEST_CASE("who accepts what is wrong with a PCR accepts it of no other one", "[REQ-66]") {
    BootDevice device;
    const EditedLog measured = CipBoot().log();
    device.boot(measured);
    device.accept();
    EditedLog altered = measured;
    altered.events[altered.find(5, event_type::gpt_event)].type = event_type::separator;
    altered.events[altered.find(1, event_type::variable_boot)].type = event_type::separator;
    altered.add(1, event_type::variable_boot, "one too many");
    altered.add(5, event_type::gpt_event, "one too many");
    device.boot(measured, altered);
    REQUIRE(device.held() == Told{"boot.log.mismatch pcr1", "boot.log.mismatch pcr5", "boot.structure.invalid pcr1",
                                  "boot.structure.invalid pcr5"});
    REQUIRE(accept_only(device, kinds::boot_log_mismatch, "pcr1"));
    REQUIRE(accept_only(device, kinds::boot_structure_invalid, "pcr5"));
    CHECK(device.held() == Told{"boot.log.mismatch pcr5", "boot.structure.invalid pcr1"});
}

TEST_CASE("a PCR that cannot be replayed in one bank is judged in the others", "[REQ-66]") {
    BootDevice device;
    const EditedLog measured = CipBoot().log();
    device.boot(measured);
    const auto spoil = [&](std::size_t bank) { device.tpm->pcrs.at(bank).values[0].front() ^= 1; };
    device.stop();
    spoil(0);
    device.clock.boot_id_ = "sha1 alone";
    device.start();
    REQUIRE(device.held() == Told{"boot.log.mismatch pcr0"});
    device.accept();
    CHECK(device.held().empty());
    device.boot(measured);
    device.stop();
    spoil(0);
    spoil(1);
    device.clock.boot_id_ = "both";
    device.start();
    REQUIRE(device.held() == Told{"boot.log.mismatch pcr0"});
    CHECK(device.present.get("boot.log.mismatch", "pcr0").evidence.contains("sha256"));
    CHECK_FALSE(device.present.get("boot.log.mismatch", "pcr0").evidence.contains("sha1"));
}

TEST_CASE("a bank whose digests the log lacks is accepted so, and no other one", "[REQ-66]") {
    BootDevice device;
    EditedLog log = CipBoot().log();
    device.boot(log);
    device.accept();
    const auto lacking = [&](std::size_t bank) {
        EditedLog out = log;
        out.events[2].digests.erase(out.events[2].digests.begin() + static_cast<std::ptrdiff_t>(bank));
        return out;
    };
    device.boot(log, lacking(0));
    REQUIRE(device.present.has("boot.log.mismatch", "pcr0"));
    device.accept();
    CHECK(device.held().empty());
    device.boot(log, lacking(1));
    CHECK(device.present.has("boot.log.mismatch", "pcr0"));
}

TEST_CASE("who accepts a mount accepts no other one") {
    BootDevice device;
    device.write("proc/1/mountinfo", root_mount);
    device.boot(CipBoot());
    device.accept();
    device.write("proc/1/mountinfo", root_mount + "50 22 0:44 / /usr/bin rw - tmpfs one rw\n" +
                                         "51 22 0:45 / /usr/lib rw - tmpfs two rw\n");
    device.interval();
    REQUIRE(accept_only(device, kinds::boot_mount_shadowed, "tmpfs on /usr/bin from one"));
    CHECK(device.held() == Told{"boot.mount.shadowed tmpfs on /usr/lib from two"});
}

TEST_CASE("before a boot was accepted, no part of it is") {
    BootDevice device;
    CipBoot off;
    off.secure = false;
    device.boot(off);
    CHECK(accept_only(device, kinds::boot_secureboot_disabled, "Secure Boot").error().code == EINVAL);
    CHECK(device.baselines.documents.empty());
}

TEST_CASE("a mount table that cannot be read leaves the accepted mounts as they were") {
    BootDevice device;
    device.write("proc/1/mountinfo", root_mount);
    device.boot(CipBoot());
    device.accept();
    std::filesystem::remove(device.directory / "proc/1/mountinfo");
    device.interval();
    device.accept();
    device.write("proc/1/mountinfo", root_mount + "50 22 0:44 / /usr/bin rw - tmpfs tmpfs rw\n");
    device.interval();
    CHECK(device.held() == Told{"boot.mount.shadowed tmpfs on /usr/bin from tmpfs"});
}
