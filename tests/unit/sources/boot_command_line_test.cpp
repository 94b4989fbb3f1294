// The running kernel's command line against the log, and what it and a device-mapper table say of the root.
#include "sources/boot_command_line.hpp"

#include <catch2/catch.hpp>

#include "sources/dm_mapping.hpp"
#include "support/event_log_editor.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

const std::string line = "root=/dev/dm-0 roothash=0123 ro";

bool is_measured(const EditedLog& edited, const std::string& text, HashAlgorithm bank = tcg::sha256) {
    const std::string bytes = edited.bytes();
    return is_measured_command_line(parse_event_log(bytes), bank, text);
}

}  // namespace

TEST_CASE("the command line is measured where a digest of the log is its own", "[REQ-69]") {
    EditedLog stub;
    stub.add(9, event_type::event_tag, "name", utf16(line + '\0'));
    EditedLog whole_section;
    whole_section.add(9, event_type::event_tag, "name", utf16(line) + std::string(512 - 2 * line.size(), '\0'));
    EditedLog grub;
    grub.add(8, event_type::ipl, "kernel_cmdline: /vmlinuz " + line, "/vmlinuz " + line);
    EditedLog section;
    section.add(11, event_type::ipl, utf16(".cmdline"), line);
    CHECK(is_measured(stub, line));
    CHECK(is_measured(whole_section, line));
    CHECK_FALSE(is_measured(whole_section, line + " init=/bin/sh"));
    CHECK(is_measured(stub, line, tcg::sha1));
    CHECK(is_measured(grub, "BOOT_IMAGE=/vmlinuz " + line));
    CHECK(is_measured(section, line));
    CHECK_FALSE(is_measured(stub, line + " init=/bin/sh"));
    CHECK_FALSE(is_measured(stub, ""));
    CHECK_FALSE(is_measured(stub, line, tcg::sm3_256));
    // What the log says beside a digest is anybody's word.
    EditedLog claimed;
    claimed.add(8, event_type::ipl, "kernel_cmdline: " + line, "something else");
    CHECK_FALSE(is_measured(claimed, line));
    // Not where a command line belongs.
    EditedLog elsewhere;
    elsewhere.add(4, event_type::ipl, line);
    CHECK_FALSE(is_measured(elsewhere, line));
}

TEST_CASE("the root's hash is named once, in hex") {
    CHECK(named_root_hash(line) == "0123");
    CHECK(named_root_hash("roothash=ABcd roothash=abCD") == "abcd");
    CHECK(named_root_hash("roothash=ab roothash=cd").empty());
    CHECK(named_root_hash("roothash=/dev/sda").empty());
    CHECK(named_root_hash("rootflags=roothash=ab myroothash=ab").empty());
    CHECK(named_root_hash("").empty());
}

TEST_CASE("a verity target is read with its hash, and is the whole device", "[REQ-69]") {
    const std::string target = "0 8192 verity 1 8:1 8:2 4096 4096 1024 1 sha256 " + std::string(64, 'e') + " 00ff";
    const auto read = [](const std::string& lines) {
        const auto table = parse_dm_table("device 254:0 CRYPT-VERITY-x\n" + lines);
        REQUIRE(table);
        return as_verity(*table);
    };
    const auto verity = read(target + " 2 ignore_zero_blocks check_at_most_once\n");
    REQUIRE(verity);
    CHECK(verity->root_hash == std::string(64, 'e'));
    CHECK(verity->algorithm == "sha256");
    CHECK_FALSE(verity->ignores_corruption);
    CHECK(read(target + " 1 ignore_corruption\n")->ignores_corruption);
    CHECK_FALSE(read(target + "\n8192 8 linear 8:3 0\n"));
    CHECK_FALSE(read("0 8192 verity 1 8:1 8:2 4096 4096 1024 1 sha256 " + std::string(64, 'e') + "\n"));
    CHECK_FALSE(read("0 8192 verity 1 8:1 8:2 4096 4096 1024 1 sha256 NOHEX -\n"));
    CHECK_FALSE(read("8 8192 verity 1 8:1 8:2 4096 4096 1024 1 sha256 ee -\n"));
    CHECK_FALSE(read("0 8192 crypt 1 8:1 8:2 4096 4096 1024 1 sha256 ee -\n"));
}
