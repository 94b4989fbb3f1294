// What the root lies on, and who says which hash it has to have.
#include <catch2/catch.hpp>

#include "unit/watchers/boot_device.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

using Told = std::vector<std::string>;

const Told unverified = {"boot.root.unverified /"};
const std::string hash_a(64, 'a');
const std::string hash_b(64, 'b');

std::string words(const BootDevice& device) {
    return device.present.get("boot.root.unverified", "/").summary;
}

CipBoot slot_b() {
    CipBoot other;
    other.kernel = "kernel of slot B";
    return other;
}

// Linux's stub measures the command line that it was given, and writes but a name of it into the log.
EditedLog with_command_line(const std::string& line) {
    EditedLog log = CipBoot().log();
    log.add(9, event_type::event_tag, std::string("\xec\x22\x3b\x8f\x0d\0\0\0LoadOptions\0\0", 21), utf16(line + '\0'));
    return log;
}

}  // namespace

TEST_CASE("a root that left dm-verity is told, and one that lets pass what does not verify", "[REQ-69]") {
    BootDevice device;
    device.put_root_on_verity(hash_a);
    device.boot(CipBoot());
    device.accept();
    CHECK(device.held().empty());
    device.put_root_on("linear 254:1 0");
    device.interval();
    CHECK(device.held() == unverified);
    CHECK(words(device) == "the root is not on dm-verity, and was accepted so");
    device.put_root_on_verity(hash_a, " 1 ignore_corruption");
    device.interval();
    CHECK(words(device) == "dm-verity of the root lets pass what does not verify");
    device.put_root_on_verity(hash_a, " 1 restart_on_corruption");
    device.interval();
    CHECK(device.held().empty());
    device.opener->table_error = ENXIO;
    device.interval();
    CHECK(device.held() == unverified);
}

TEST_CASE("the root's hash is the one that was accepted with the images that were booted", "[REQ-69]") {
    BootDevice device;
    device.put_root_on_verity(hash_a);
    device.boot(CipBoot());
    device.accept();
    device.put_root_on_verity(hash_b);
    device.boot(CipBoot());
    CHECK(device.held() == unverified);
    CHECK(words(device) == "the root's hash bbbbbbbbbbbbbbbb… is not the one accepted with this kernel image");

    // Another image brings another hash; once both were accepted, neither may have the other's.
    device.boot(slot_b());
    CHECK(device.held() == Told{"boot.event.unexpected pcr4 kernel image"});
    device.accept();
    CHECK(device.held().empty());
    device.put_root_on_verity(hash_a);
    device.boot(CipBoot());
    CHECK(device.held().empty());
    device.boot(slot_b());
    CHECK(device.held() == unverified);
}

TEST_CASE("the configuration's word on the root's hash counts, with a baseline and without", "[REQ-69]") {
    BootDevice device;
    device.config.boot.root_hash = {hash_a, hash_b};
    device.put_root_on_verity(hash_b);
    device.boot(CipBoot());
    CHECK(device.held().empty());
    device.put_root_on_verity(std::string(64, 'c'));
    device.boot(CipBoot());
    CHECK(device.held() == unverified);
    CHECK(words(device) == "the root's hash cccccccccccccccc… is none that the configuration names");
    device.accept();
    CHECK(device.held() == unverified);
    device.opener->table_error = ENOENT;
    device.boot(CipBoot());
    CHECK(words(device) == "the root is not on dm-verity, and the configuration names its hash");
}

TEST_CASE("the command line says the root's hash where it was measured, and nothing where it was not", "[REQ-69]") {
    BootDevice device;
    const std::string line = "root=/dev/mapper/root roothash=" + hash_a + " quiet";
    device.write("proc/cmdline", line + "\n");
    device.put_root_on_verity(hash_a);
    device.boot(with_command_line(line));
    device.accept();
    CHECK(device.held().empty());
    CHECK(device.watcher->report()->at("command_line").text() == line);
    CHECK(device.watcher->report()->at("root").text() ==
          "on dm-verity, hash aaaaaaaaaaaaaaaa…, that of the measured command line");
    device.put_root_on_verity(hash_b);
    device.boot(with_command_line(line));
    CHECK(device.held() == unverified);
    CHECK(words(device) == "the root's hash bbbbbbbbbbbbbbbb… is not the one of the measured command line");
    // The kernel shows another line than the one that was measured: what was accepted decides.
    device.write("proc/cmdline", "roothash=" + hash_b + "\n");
    device.boot(with_command_line(line));
    CHECK(words(device) == "the root's hash bbbbbbbbbbbbbbbb… is not the one accepted with this kernel image");
    CHECK_FALSE(device.watcher->report()->contains("command_line"));
}

TEST_CASE("an update that was accepted before its boot may bring a root of its own", "[REQ-69]") {
    BootDevice device;
    device.put_root_on_verity(hash_a);
    device.boot(CipBoot());
    device.accept();
    const std::string digest = to_hex(digest_of(tcg::sha256, slot_b().kernel));
    const ValueMap run{{"events", ValueList{ValueMap{{"digest", digest}}}}};
    const ValueMap image{{"name", "kernel image"}, {"pcr", std::uint64_t{4}}, {"accepted", ValueList{run}}};
    REQUIRE(device.watcher->import_baseline({{"bank", "sha256"}, {"components", ValueList{image}}}));
    device.turn();
    device.put_root_on_verity(hash_b);
    device.boot(slot_b());
    CHECK(device.held().empty());
    // While it runs, the hash stays.
    device.put_root_on_verity(hash_a);
    device.interval();
    CHECK(words(device) == "the root's hash aaaaaaaaaaaaaaaa… is another than when this device booted");
    device.stop();
    device.start();
    CHECK(device.held() == unverified);
}

TEST_CASE("a root that nobody can be asked about takes nothing back and makes the watcher blind", "[REQ-69]") {
    BootDevice device;
    device.put_root_on_verity(hash_a);
    device.boot(CipBoot());
    device.accept();
    device.put_root_on("linear 254:1 0");
    device.interval();
    REQUIRE(device.held() == unverified);
    device.opener->table_error = EPERM;
    device.interval();
    CHECK(device.held() == unverified);
    CHECK(device.present.health_now.reason == "what the root lies on is not known: device-mapper: refused");
    device.put_root_on_verity(hash_a);
    std::filesystem::remove(device.config.boot.event_log);
    device.interval();
    CHECK(device.present.has("boot.root.unverified", "/"));
    BootDevice elsewhere;
    elsewhere.opener->table_error = EPERM;
    elsewhere.boot(CipBoot());
    elsewhere.accept();
    CHECK(elsewhere.present.health_now.can_look);
}
