// A boot while it runs: PCRs that move, keys that change for the next boot, files measured by IMA, mounts.

#include <sys/epoll.h>

#include <catch2/catch.hpp>

#include "core/canonical_json.hpp"
#include "unit/watchers/boot_device.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

using Told = std::vector<std::string>;

// An entry of the template ima-ng as the kernel writes it.
std::string ima_entry(const std::string& path, const std::string& digest, bool violation = false) {
    const std::string field = std::string("sha256:\0", 8) + digest;
    const std::string name = path + '\0';
    const std::string data = little(field.size(), 4) + field + little(name.size(), 4) + name;
    return little(10, 4) + (violation ? std::string(20, '\0') : digest_of(tcg::sha1, data)) + little(6, 4) + "ima-ng" +
           little(data.size(), 4) + data;
}

// The list of a device, and its PCR 10 as the kernel extends it.
struct ImaList {
    BootDevice& device;
    std::string bytes;

    void measure(const std::string& path, bool violation = false) {
        const std::string aggregate = path == "boot_aggregate" ? boot_aggregate() : digest_of(tcg::sha256, path);
        const std::string entry = ima_entry(path, aggregate, violation);
        bytes += entry;
        device.write("binary_runtime_measurements", bytes);
        const std::string data = entry.substr(4 + 20 + 4 + 6 + 4);
        for (PcrBank& bank : device.tpm->pcrs) {
            const auto algorithm = static_cast<HashAlgorithm>(bank.algorithm);
            TcgDigest value(bank.values[10]);
            auto hash = *TcgHash::make(algorithm);
            hash.extend(value, violation ? std::string(digest_size(algorithm), '\xff') : digest_of(algorithm, data));
            bank.values[10] = std::string(value.view());
        }
    }

private:
    std::string boot_aggregate() const {
        std::string all;
        for (unsigned pcr = 0; pcr < 10; ++pcr)
            all += device.tpm->pcrs.at(1).values.at(pcr);
        return digest_of(tcg::sha256, all);
    }
};

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

TEST_CASE("files that IMA measures move PCR 10, and nothing else may") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    ImaList list{device, ""};
    device.stop();
    list.measure("boot_aggregate");
    list.measure("/usr/bin/one");
    device.clock.boot_id_ = "with ima";
    device.start();
    CHECK(device.held().empty());
    list.measure("/usr/bin/two");
    device.interval();
    CHECK(device.held().empty());
    CHECK(device.watcher->counters().at("ima_entries") == 3);
    list.measure("/usr/bin/written", true);
    device.interval();
    CHECK(device.held() == Told{"boot.ima.violation /usr/bin/written"});
    device.extend(10, "not in the list");
    device.interval();
    CHECK(device.held() == Told{"boot.ima.mismatch pcr10", "boot.ima.violation /usr/bin/written"});
}

TEST_CASE("an altered list of measured files is told by its entry, and one of another boot by its first") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    ImaList list{device, ""};
    list.measure("boot_aggregate");
    list.measure("/usr/bin/one");
    list.bytes[list.bytes.size() - 2] = 'X';
    device.write("binary_runtime_measurements", list.bytes);
    device.interval();
    CHECK(device.present.has("boot.ima.mismatch", "entries"));
    CHECK(device.present.has("boot.ima.mismatch", "pcr10"));
    CipBoot other;
    other.kernel = "other";
    device.boot(other);
    CHECK(device.present.has("boot.ima.mismatch", "boot_aggregate"));
}

TEST_CASE("without IMA PCR 10 must not move") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    device.extend(10, "something");
    device.interval();
    CHECK(device.held() == Told{"boot.pcr.extended pcr10"});
}

TEST_CASE("where IMA's list cannot be read that is said, and PCR 10 is no alarm") {
    BootDevice device;
    device.boot(CipBoot());
    device.accept();
    device.stop();
    std::filesystem::create_directory(device.config.boot.ima_log);
    device.extend(10, "boot_aggregate and a module");
    device.start();
    CHECK(device.held().empty());
    CHECK_FALSE(device.present.health_now.can_look);
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

TEST_CASE("a mount over settings is told; the overlay of /etc is none") {
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
        for (const int fd : device.loop.waited_for())
            (void)device.loop.ready(fd, EPOLLPRI);
        device.loop.advance(std::chrono::milliseconds(100));
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
