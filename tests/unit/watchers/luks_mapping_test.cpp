// The running mapping on trees of sysfs and tables of the test's own.
#include <filesystem>

#include <catch2/catch.hpp>

#include "sources/mounted_device.hpp"
#include "support/luks_maker.hpp"
#include "unit/watchers/luks_device.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

namespace fs = std::filesystem;

const std::string good_table =
    "device 254:0 CRYPT-LUKS2-a4aa53cb07df413c8ab45d627b59f0d3-encrypted_var\n"
    "0 204800 crypt aes-xts-plain64 64 0 8:3 32768\n";

// /var on ext4 on encrypted_var (254:0) on sda3 (8:3).
struct Mapped : LuksDevice {
    Mapped() {
        volume().keyslots = {"password"};
        volume().mapping = "encrypted_var";
        volume().mount = "/var";
        put(LuksMaker().area(luks_json()));
        add_device("8:3", "sda3");
        add_device("8:5", "sda5");
        add_device("254:0", "dm-0", "encrypted_var", {{"sda3", "8:3"}});
        set_mount("254:0", "ext4", "/dev/mapper/encrypted_var");
        begin();
        opener->device = "8:3";
        opener->table = good_table;
        opener->table_error = 0;
        watcher->start();
        settle();
        accept();
    }
    void write(const std::string& path, const std::string& text) const {
        fs::create_directories(fs::path(directory / path).parent_path());
        std::ofstream(directory / path) << text << "\n";
    }
    void add_device(const std::string& number, const std::string& name, const std::string& dm = "",
                    const std::map<std::string, std::string>& below = {}) const {
        for (const std::string& place : {"sys/dev/block/" + number, "sys/class/block/" + name}) {
            write(place + "/dev", number);
            if (!dm.empty()) {
                write(place + "/dm/name", dm);
                write(place + "/dm/suspended", "0");
            }
            for (const auto& [below_name, below_number] : below)
                write(place + "/slaves/" + below_name + "/dev", below_number);
        }
    }
    void add_btrfs(const std::string& uuid, const std::map<std::string, std::string>& devices) const {
        for (const auto& [name, number] : devices)
            write("sys/fs/btrfs/" + uuid + "/devices/" + name + "/dev", number);
    }
    void set_mount(const std::string& number, const std::string& type, const std::string& source) const {
        write("proc/1/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n31 22 " + number +
                                      " / /var rw,relatime shared:1 - " + type + " " + source + " rw");
    }
    [[nodiscard]] std::string reason() {
        look();
        if (!present.has("luks.mapping.unexpected", "var")) return "";
        return present.get("luks.mapping.unexpected", "var").summary;
    }
};

}  // namespace

TEST_CASE("a mount that lies on the volume as its header says is as expected", "[REQ-56]") {
    Mapped device;
    CHECK(device.reason().empty());
    CHECK(device.kinds().empty());
    CHECK(device.present.health_now.can_look);
}

TEST_CASE("a mount from something else is told", "[REQ-56]") {
    Mapped device;
    device.set_mount("8:5", "ext4", "/dev/sda5");
    CHECK(device.reason().find("mounted from /dev/sda5") != std::string::npos);
    device.write("proc/1/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw");
    CHECK(device.reason().find("nothing is mounted on /var") != std::string::npos);
    device.set_mount("0:40", "overlay", "overlay");
    CHECK(device.reason().find("mounted from overlay") != std::string::npos);
}

TEST_CASE("a source that names the mapping is not believed of a file system without a device", "[REQ-56]") {
    Mapped device;
    for (const char* const type : {"tmpfs", "overlay", "fuse.btrfs"}) {
        INFO(type);
        device.set_mount("0:40", type, "/dev/mapper/encrypted_var");
        CHECK(device.reason().find(std::string("encrypted_var (") + type + ")") != std::string::npos);
    }
}

TEST_CASE("btrfs lies on all of its devices, whatever its source names of them", "[REQ-56]") {
    Mapped device;
    device.set_mount("0:41", "btrfs", "/dev/mapper/encrypted_var");
    CHECK_FALSE(device.reason().empty());
    device.add_btrfs("aaaa", {{"sda6", "8:6"}});
    CHECK_FALSE(device.reason().empty());
    device.add_btrfs("bbbb", {{"dm-0", "254:0"}});
    CHECK(device.reason().empty());
    device.set_mount("0:41", "btrfs", "/dev/dm-0");
    CHECK(device.reason().empty());
    device.set_mount("0:41", "btrfs", "/dev/sda5");
    CHECK_FALSE(device.reason().empty());
    device.add_btrfs("bbbb", {{"sda5", "8:5"}});
    for (const char* const source : {"/dev/sda5", "/dev/mapper/encrypted_var"}) {
        device.set_mount("0:41", "btrfs", source);
        CHECK(device.reason() == "mapping encrypted_var: /var lies on device 8:5 too");
    }
}

TEST_CASE("a mirror of the mapping and of a plain partition is told, however deep it lies", "[REQ-56]") {
    Mapped device;
    device.add_device("9:0", "md0", "", {{"dm-0", "254:0"}, {"sda5", "8:5"}});
    device.set_mount("9:0", "ext4", "/dev/md0");
    CHECK(device.reason() == "mapping encrypted_var: /var lies on device 8:5 too");
    device.add_device("254:1", "dm-1", "lv", {{"md0", "9:0"}});
    device.set_mount("254:1", "ext4", "/dev/mapper/lv");
    CHECK(device.reason() == "mapping encrypted_var: /var lies on device 8:5 too");
    device.add_device("254:2", "dm-2", "above", {{"dm-0", "254:0"}});
    device.set_mount("254:2", "ext4", "/dev/mapper/above");
    CHECK(device.reason().empty());
}

TEST_CASE("a mount of one directory of the volume lies on the volume", "[REQ-56]") {
    Mapped device;
    device.write(
        "proc/1/mountinfo",
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n31 22 254:0 /of_var /var rw - ext4 /dev/mapper/encrypted_var rw");
    CHECK(device.reason().empty());
}

TEST_CASE("without a mapping the mount has to lie on the volume's device", "[REQ-56]") {
    Mapped device;
    device.volume().mapping.clear();
    device.watcher.reset();
    device.begin();
    device.opener->device = "8:3";
    device.watcher->start();
    device.settle();
    CHECK(device.reason().empty());
    device.set_mount("8:5", "ext4", "/dev/sda5");
    CHECK(device.reason() == "/var is mounted from /dev/sda5 (ext4)");
    device.add_device("254:1", "dm-1", "both", {{"sda3", "8:3"}, {"sda5", "8:5"}});
    device.set_mount("254:1", "ext4", "/dev/mapper/both");
    CHECK(device.reason() == "/var lies on device 8:5 too");
}

TEST_CASE("a plain mount over the good one is what counts", "[REQ-56]") {
    Mapped device;
    device.write("proc/1/mountinfo",
                 "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n31 22 254:0 / /var rw - ext4 /dev/mapper/encrypted_var rw\n"
                 "44 31 0:50 / /var rw - tmpfs tmpfs rw");
    CHECK(device.reason().find("mounted from tmpfs") != std::string::npos);
}

TEST_CASE("a linear device that calls itself the encrypted one is told", "[REQ-56]") {
    Mapped device;
    device.opener->table =
        "device 254:0 CRYPT-LUKS2-a4aa53cb07df413c8ab45d627b59f0d3-encrypted_var\n0 204800 linear 8:3 32768\n";
    CHECK(device.reason().find("it is a linear device") != std::string::npos);
}

TEST_CASE("a mapping that differs from the header is told with what differs", "[REQ-56]") {
    Mapped device;
    const auto with = [&](const std::string& from, const std::string& to) {
        device.opener->table = replaced(good_table, from, to);
        return device.reason();
    };
    CHECK(with("aes-xts-plain64", "serpent-xts-plain64").find("cipher is serpent") != std::string::npos);
    CHECK(with(" 64 0 ", " 32 0 ").find("256 bits") != std::string::npos);
    CHECK(with("8:3", "8:5").find("lies on device 8:5") != std::string::npos);
    CHECK(with("32768", "32769").find("begins elsewhere") != std::string::npos);
    CHECK(with("a4aa53cb", "00000000").find("UUID") != std::string::npos);
    CHECK(with("8:3 32768", "8:3 32768 1 allow_discards").find("allow_discards") != std::string::npos);
    CHECK(with("0 204800", "0 100 linear 8:3 0\n100 204700").find("2 targets") != std::string::npos);
    CHECK(with("crypt aes", "crypt aes").empty());
}

TEST_CASE("a null cipher of the active table is told, whatever the header says", "[REQ-56]") {
    Mapped device;
    device.opener->table = replaced(good_table, "aes-xts-plain64 64", "cipher_null-ecb 0");
    CHECK_FALSE(device.reason().empty());
    CHECK(device.present.has("luks.cipher.weak", "var"));
}

TEST_CASE("flags of the running mapping are settled by an acceptance", "[REQ-56]") {
    Mapped device;
    device.opener->table = replaced(good_table, "8:3 32768", "8:3 32768 2 allow_discards no_read_workqueue");
    CHECK_FALSE(device.reason().empty());
    device.accept();
    CHECK(device.kinds().empty());
}

TEST_CASE("a mapping that is not active, or suspended, is told", "[REQ-56]") {
    Mapped device;
    device.write("sys/dev/block/254:0/dm/suspended", "1");
    CHECK(device.reason().find("suspended") != std::string::npos);
    device.write("sys/dev/block/254:0/dm/suspended", "0");
    device.opener->table_error = ENXIO;
    CHECK(device.reason().find("not active") != std::string::npos);
}

TEST_CASE("a table that cannot be read takes nothing back and makes the watcher blind", "[REQ-56]") {
    Mapped device;
    device.set_mount("8:5", "ext4", "/dev/sda5");
    CHECK_FALSE(device.reason().empty());
    device.set_mount("254:0", "ext4", "/dev/mapper/encrypted_var");
    device.opener->table_error = EACCES;
    CHECK_FALSE(device.reason().empty());
    CHECK_FALSE(device.present.health_now.can_look);
    device.opener->table_error = 0;
    CHECK(device.reason().empty());
    CHECK(device.present.health_now.can_look);
}

TEST_CASE("what holds a mount is found through any stack, and a circle or a labyrinth ends", "[REQ-56]") {
    Mapped device;
    const auto holding = [&](const std::string& number, const std::string& floor) {
        return devices_holding(device.directory.path(), {.device = number}, floor).value();
    };
    using Numbers = std::vector<std::string>;
    device.add_device("254:1", "dm-1", "lv", {{"dm-0", "254:0"}});
    CHECK(holding("254:1", "254:0") == Numbers{"254:0"});
    CHECK(holding("254:1", "") == Numbers{"8:3"});
    CHECK(holding("9:9", "254:0") == Numbers{"9:9"});
    device.write("sys/dev/block/8:3/slaves/dm-1/dev", "254:1");
    CHECK(holding("254:1", "").empty());
    std::map<std::string, std::string> many;
    for (int i = 0; i < 100; ++i)
        many["sdb" + std::to_string(i)] = "8:" + std::to_string(100 + i);
    device.add_device("9:1", "md1", "", many);
    CHECK(holding("9:1", "8:100").empty());
}

TEST_CASE("a device below that cannot be told leaves open on what the mount lies", "[REQ-56]") {
    Mapped device;
    device.add_device("9:0", "md0", "", {{"dm-0", "254:0"}, {"sda5", "8:5"}});
    device.set_mount("9:0", "ext4", "/dev/md0");
    CHECK_FALSE(device.reason().empty());
    fs::remove(device.directory / "sys/dev/block/9:0/slaves/sda5/dev");
    CHECK_FALSE(device.reason().empty());
    CHECK_FALSE(device.present.health_now.can_look);
}

TEST_CASE("another mount on the volume's place is seen at once, any other is none of it", "[REQ-56]") {
    Mapped device;
    const std::string good =
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n31 22 254:0 / /var rw,relatime shared:1 - ext4 /dev/mapper/encrypted_var "
        "rw\n";
    const auto change = [&](const std::string& added) {
        device.write("proc/1/mountinfo", good + added);
        const auto looks = device.watcher->counters().at("looks");
        device.mounts_have_changed();
        device.settle();
        return device.watcher->counters().at("looks") - looks;
    };
    CHECK(change("40 22 0:45 / /run/user/1000 rw - tmpfs tmpfs rw\n") == 0);
    CHECK(change("44 31 0:50 / /var rw - tmpfs planted rw\n") == 1);
    CHECK(device.present.get("luks.mapping.unexpected", "var").summary.find("planted") != std::string::npos);
    CHECK(change("") == 1);
    CHECK_FALSE(device.present.has("luks.mapping.unexpected", "var"));
}

TEST_CASE("where the mount table cannot be read nothing is said of the mount", "[REQ-56]") {
    Mapped device;
    fs::remove(device.directory / "proc/1/mountinfo");
    CHECK(device.reason().empty());
    CHECK_FALSE(device.present.health_now.can_look);
    CHECK(device.present.health_now.reason.find("what is mounted is not known") != std::string::npos);
}
