// A boot while it runs: PCRs that move, keys that change for the next boot, mounts.

#include <catch2/catch.hpp>

#include "core/canonical_json.hpp"
#include "unit/watchers/boot_device.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE("a PCR that is extended at run time is told, over restarts of the daemon, until the device restarts",
          "[REQ-67]") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    device.extend(7, "something");
    device.extend(14, "something");
    device.interval();
    CHECK(device.held() == Told{"boot.pcr.extended pcr14", "boot.pcr.extended pcr7"});
    const Observation& seen = device.present.get("boot.pcr.extended", "pcr7");
    CHECK(seen.summary == "PCR 7 was extended while the system ran");
    CHECK(seen.evidence.contains("sha256"));
    // While nobody looked.
    device.stop();
    device.extend(4, "more");
    device.start();
    CHECK(device.held() == Told{"boot.pcr.extended pcr14", "boot.pcr.extended pcr4", "boot.pcr.extended pcr7"});
    device.boot(CipBoot());
    CHECK(device.held().empty());
}

TEST_CASE("the phases that systemd tells PCR 11 are understood, and free PCRs may move") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    for (const std::string phase : {"sysinit", "ready"}) {
        device.extend(11, phase);
        device.interval();
        CHECK(device.held().empty());
    }
    device.extend(15, "volume key");
    device.extend(23, "application");
    device.interval();
    CHECK(device.held().empty());
    device.extend(11, "somebody");
    device.interval();
    CHECK(device.held() == Told{"boot.pcr.extended pcr11"});
}

TEST_CASE("the phases before the daemon began are no mismatch of PCR 11") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    device.stop();
    device.write_log(CipBoot().log().bytes());
    device.tpm->pcrs = pcrs_after(CipBoot().log().bytes());
    device.clock.boot_id_ = "another";
    device.extend(11, "enter-initrd");
    device.extend(11, "leave-initrd");
    device.extend(11, "sysinit");
    device.start();
    CHECK(device.held().empty());
}

TEST_CASE("keys are compared as sets with what was accepted, and with what the next boot will have", "[REQ-68]") {
    BootDevice device;
    CipBoot good;
    device.set_variables(good);
    device.boot(good);
    device.accept();
    CHECK(device.held().empty());

    CipBoot more = good;
    more.db = signature_list({"product certificate", "somebody's"});
    device.set_variable("db", more.db);
    device.interval();
    CHECK(device.held() == Told{"boot.secureboot.keys-changed db at the next boot"});
    CHECK(device.present.get("boot.secureboot.keys-changed", "db at the next boot").summary ==
          "db was changed since this boot, effective at the next: 1 key added");
    device.boot(more);
    CHECK(device.held() == Told{"boot.secureboot.keys-changed db"});
    const auto report = canonical_json(Value(*device.watcher->report()));
    CHECK(report.find(R"("accepted":true,"backing":"data","component":"Secure Boot policy")") != std::string::npos);
    CHECK(report.find(R"("accepted":false,"backing":"data","component":"Secure Boot policy")") != std::string::npos);

    CipBoot reordered = good;
    reordered.db = signature_list({"product certificate", "product certificate"});
    device.set_variables(reordered);
    device.boot(reordered);
    CHECK(device.held().empty());

    CipBoot revoked = good;
    revoked.dbx = hash_list({std::string(32, '\x01'), std::string(32, '\x02'), std::string(32, '\x03')});
    device.set_variables(revoked);
    device.boot(revoked);
    CHECK(device.held().empty());
    revoked.dbx = hash_list({std::string(32, '\x01')});
    device.set_variables(revoked);
    device.boot(revoked);
    CHECK(device.held() == Told{"boot.secureboot.keys-changed dbx"});
}

TEST_CASE("Secure Boot off and setup mode are told, unless the device was accepted so", "[REQ-68]") {
    BootDevice device;
    CipBoot off;
    off.secure = false;
    device.set_variables(off);
    device.boot(off);
    CHECK(device.held() == Told{"boot.secureboot.disabled Secure Boot"});
    device.set_variable("SetupMode", "\x01");
    device.interval();
    CHECK(device.held() == Told{"boot.secureboot.disabled Secure Boot", "boot.secureboot.setup-mode Secure Boot"});
    device.accept();
    CHECK(device.held().empty());
}

TEST_CASE("firmware that ran without its protections is told, with a baseline and without") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    const BootDevice* const accepted = &device;
    EditedLog debug = CipBoot().log();
    debug.events.insert(debug.events.begin() + 3, EditedLog().add(7, event_type::efi_action, "UEFI Debug Mode"));
    device.boot(debug);
    CHECK(accepted->held() == Told{"boot.event.unexpected pcr7 firmware modes"});
    BootDevice fresh;
    fresh.boot(debug);
    CHECK(fresh.held() == Told{"boot.event.unexpected pcr7 firmware modes"});
}

TEST_CASE("a mount over settings is told; the accepted overlay of /etc is none, and every other one is") {
    BootDevice device;
    const std::string root = "22 1 254:0 / / ro,relatime shared:1 - ext4 /dev/mapper/rootfs ro\n";
    const std::string etc =
        "40 22 0:30 / /etc rw shared:9 - overlay overlay rw,lowerdir=/etc,upperdir=/var/etc,workdir=/var/w\n";
    device.write("proc/1/mountinfo", root + etc);
    device.boot(CipBoot());
    device.accept();
    CHECK(device.held().empty());
    device.write("proc/1/mountinfo", root + etc + "50 22 0:44 / /usr/bin rw - tmpfs tmpfs rw\n");
    device.interval();
    CHECK(device.held() == Told{"boot.mount.shadowed tmpfs on /usr/bin from tmpfs"});
    const auto told_with = [&](const std::string& mounts) {
        device.write("proc/1/mountinfo", root + mounts);
        device.interval();
        return device.held();
    };
    const std::string overlay = "overlay on /etc from overlay, lowerdir=/etc,upperdir=";
    const auto over_etc = [](const std::string& upper) {
        return "41 40 0:31 / /etc rw - overlay overlay rw,lowerdir=/etc,upperdir=" + upper + ",workdir=/dev/shm/w\n";
    };
    CHECK(told_with(etc + over_etc("/dev/shm/u")) == Told{"boot.mount.shadowed " + overlay + "/dev/shm/u"});
    CHECK(told_with(over_etc("/dev/shm/u")) == Told{"boot.mount.shadowed " + overlay + "/dev/shm/u"});
    CHECK(told_with(etc + over_etc("/var/etc")) == Told{"boot.mount.shadowed " + overlay + "/var/etc, number 2"});
    // A comma is part of the name.
    CHECK(told_with(over_etc("/var/etc\\054workdir=/var/w")).size() == 1);
    CHECK(told_with(etc).empty());
    // More layers than anybody reads are told apart all the same.
    const auto many = [&](char last) {
        return told_with("42 22 0:33 / /usr ro - overlay overlay ro,lowerdir=/" + std::string(600, 'l') + last + "\n");
    };
    const Told first = many('a');
    CHECK(first.size() == 1);
    CHECK(first.front().size() < 200);
    CHECK(first != many('b'));
}

TEST_CASE("a device without an overlay of /etc is told of one", "[REQ-69]") {
    BootDevice device;
    const std::string root = "22 1 254:0 / / ro,relatime shared:1 - ext4 /dev/mapper/rootfs ro\n";
    device.write("proc/1/mountinfo", root);
    device.boot(CipBoot());
    device.accept();
    device.write("proc/1/mountinfo", root + "41 22 0:31 / /etc rw - overlay o rw,lowerdir=/etc,upperdir=/dev/shm/u\n");
    device.interval();
    CHECK(device.held() == Told{"boot.mount.shadowed overlay on /etc from o, lowerdir=/etc,upperdir=/dev/shm/u"});
}

TEST_CASE("a mount is told at once, above a protected path too; others cost no look", "[REQ-69]") {
    BootDevice device;
    const std::string root = "22 1 254:0 / / ro,relatime shared:1 - ext4 /dev/mapper/rootfs ro\n";
    const std::string var = "31 22 254:1 / /var rw - ext4 /dev/mapper/encrypted_var rw\n";
    device.write("proc/1/mountinfo", root + var);
    device.boot(CipBoot());
    device.accept();
    const auto change = [&](const std::string& added) {
        device.write("proc/1/mountinfo", root + var + added);
        const auto looks = device.watcher->counters().at("looks");
        device.mounts_have_changed();
        device.turn();
        return device.watcher->counters().at("looks") - looks;
    };
    CHECK(change("40 22 0:45 / /run/user/1000 rw - tmpfs tmpfs rw\n") == 0);
    CHECK(change("41 31 0:46 / /var/log rw - tmpfs hide rw\n") == 1);
    CHECK(device.held() == Told{"boot.mount.shadowed tmpfs on /var/log from hide"});
    CHECK(change("") == 1);
    CHECK(device.held().empty());
}

TEST_CASE("a baseline is exported, imported whole, and added to before the boot that it is for", "[REQ-65]") {
    BootDevice device;
    device.boot(CipBoot());
    const auto import = [&](const std::string& json) {
        const auto value = read_json(json);
        REQUIRE(value);
        auto done = device.watcher->import_baseline(*value->get<ValueMap>());
        device.turn();
        return done;
    };
    CHECK(import("{}").error().code == EINVAL);
    CHECK(import(R"({"bank":"sha256","components":[]})").error().code == EINVAL);
    CHECK(import(R"({"version":1,"bank":"sha256","components":[]})").error().code == EINVAL);
    CHECK(import(R"({"version":2,"bank":"sha256","components":[]})").error().code == EINVAL);
    CHECK(device.baselines.documents.empty());
    device.accept();
    const ValueMap exported = device.baselines.documents.at("boot").content;

    CipBoot next;
    next.kernel = "the next update";
    const std::string digest = to_hex(digest_of(tcg::sha256, next.kernel));
    REQUIRE(import(
        R"({"bank":"sha256","components":[{"name":"kernel image","pcr":4,"accepted":[{"events":[{"digest":")" + digest +
        R"("}],"source":"linux.efi"}]},)"
        R"({"name":"initrd and command line","optional":true,"pcr":9,"accepted":[{"events":[{"digest":")" +
        digest + R"("}]}]}]})"));
    device.boot(next);
    CHECK(device.held().empty());
    device.boot(CipBoot());
    CHECK(device.held().empty());
    REQUIRE(device.watcher->import_baseline(exported));
    device.turn();
    device.boot(next);
    CHECK(device.held() == Told{"boot.event.unexpected pcr4 kernel image"});
}
