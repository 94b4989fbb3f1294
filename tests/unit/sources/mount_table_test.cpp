#include "sources/mount_table.hpp"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "support/temporary_directory.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

const std::string root = "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n";

std::string source_at(const std::string& table, std::string_view point) {
    const auto mounts = parse_mount_table(table);
    const Mount* const found = mounted_at(mounts, point);
    return found == nullptr ? "" : found->source;
}

}  // namespace

TEST_CASE("the mount table is read as the kernel writes it", "[REQ-56]") {
    const auto mounts = parse_mount_table(root +
                                          "31 22 8:3 /top /a\\040b rw,nosuid shared:2 master:1 - ext4 /dev/x\\134y "
                                          "rw,errors=con\\040tin\\054ue\nnonsense\n\n");
    REQUIRE(mounts.size() == 2);
    const Mount& mount = mounts.back();
    CHECK(mount.id == 31);
    CHECK(mount.parent == 22);
    CHECK(mount.device == "8:3");
    CHECK(mount.root == "/top");
    CHECK(mount.point == "/a b");
    CHECK(mount.options == "rw,nosuid");
    CHECK(mount.type == "ext4");
    CHECK(mount.source == "/dev/x\\y");
    CHECK(mount.super_options == "rw,errors=con tin\\054ue");
    CHECK(mounted_at(mounts, "/a b") == &mount);
    CHECK(mounted_at(mounts, "/a") == nullptr);
    CHECK(mounted_at(mounts, "/") == &mounts.front());
}

TEST_CASE("lines that cannot be are left out", "[REQ-56]") {
    for (const std::string line : {"31 22 8:3 / /var", "31 22 8 / /var rw - ext4 x rw",
                                   "x 22 8:3 / /var rw - ext4 x rw", "31 22 8:x / /var rw - ext4 x rw",
                                   "31 22 8:3 / var rw - ext4 x rw", "31 99999999999 8:3 / /var rw - ext4 x rw"})
        CHECK(parse_mount_table(line).empty());
}

TEST_CASE("what covers what is told by what carries it, not by the order", "[REQ-56]") {
    const std::string var = "31 22 8:3 / /var rw - ext4 good rw\n";
    CHECK(source_at(root + var + "44 31 0:50 / /var rw - tmpfs over rw\n", "/var") == "over");
    // One that was mounted elsewhere before and moved: earlier in the table, and on top.
    CHECK(source_at(root + "30 31 0:50 / /var rw - tmpfs moved rw\n" + var, "/var") == "moved");
}

TEST_CASE("a mount below one that is covered cannot be reached", "[REQ-56]") {
    const std::string table = root + "31 22 8:3 / /var rw - ext4 var rw\n32 31 8:4 / /var/log rw - ext4 log rw\n";
    CHECK(source_at(table, "/var/log") == "log");
    CHECK(source_at(table + "44 31 0:50 / /var rw - tmpfs over rw\n", "/var/log").empty());
    CHECK(source_at(table + "44 31 0:50 / /var rw - tmpfs over rw\n45 44 0:51 / /var/log rw - tmpfs again rw\n",
                    "/var/log") == "again");
}

TEST_CASE("ids in a circle, a table without a root and the root itself end", "[REQ-30]") {
    CHECK(source_at(root + "31 32 8:3 / / rw - ext4 a rw\n32 31 8:3 / / rw - ext4 b rw\n", "/") == "/dev/sda1");
    CHECK(source_at("31 32 8:3 / / rw - ext4 a rw\n32 31 8:3 / / rw - ext4 b rw\n", "/").empty());
    CHECK(source_at("31 22 8:3 / /var rw - ext4 a rw\n", "/var").empty());
    CHECK(source_at("22 22 8:1 / / rw - ext4 a rw\n", "/") == "a");
    CHECK(source_at(root + "23 22 0:9 / / rw - tmpfs over rw\n", "/") == "over");
}

TEST_CASE("the table of the first process is read, and the reason said where it cannot be", "[REQ-56]") {
    const TemporaryDirectory directory;
    CHECK(read_mount_table(directory.path()).error().code == ENOENT);
    std::filesystem::create_directories(directory / "proc/1");
    std::ofstream(directory / "proc/1/mountinfo") << root;
    REQUIRE(read_mount_table(directory.path()));
    CHECK(read_mount_table(directory.path())->size() == 1);
    REQUIRE(read_mount_table(""));
    CHECK(mounted_at(*read_mount_table(""), "/") != nullptr);
}
