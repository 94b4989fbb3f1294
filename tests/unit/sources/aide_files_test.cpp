#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <zlib.h>

#include <catch2/catch.hpp>

#include "core/digest.hpp"
#include "core/unique_fd.hpp"
#include "sources/aide_config.hpp"
#include "sources/aide_database.hpp"
#include "sources/aide_includes.hpp"
#include "support/temporary_directory.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

const std::string good = "@@begin_db\n# made by AIDE\n@@db_spec name attr\n/etc 1\n/etc/passwd 2\n@@end_db\n";

void write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

void write_compressed(const std::string& path, const std::string& text) {
    gzFile file = gzopen(path.c_str(), "w");
    REQUIRE(gzwrite(file, text.data(), static_cast<unsigned>(text.size())) == static_cast<int>(text.size()));
    REQUIRE(gzclose(file) == Z_OK);
}

Result<AideDatabaseFacts> read(const std::string& path, std::uint64_t limit = max_aide_database) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(fd);
    return read_aide_database(fd.get(), limit);
}

std::vector<OpenedFile> opened(const std::vector<std::string>& paths) {
    std::vector<OpenedFile> files;
    for (const auto& path : paths)
        files.push_back({path, UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC))});
    return files;
}

}  // namespace

TEST_CASE("the digest of a database is of its uncompressed text") {
    const TemporaryDirectory directory;
    write(directory / "plain", good);
    write_compressed(directory / "compressed", good);
    for (const auto* name : {"plain", "compressed"}) {
        const auto facts = read(directory / name);
        REQUIRE(facts);
        CHECK(facts->sha256 == sha256_hex(good));
        CHECK(facts->entries == 2);
        CHECK(facts->bytes == good.size());
        CHECK((facts->begins && facts->ends));
    }
}

TEST_CASE("a database that is empty, garbage or cut off is known as such") {
    const TemporaryDirectory directory;
    write(directory / "empty", "");
    CHECK_FALSE(read(directory / "empty")->begins);
    write(directory / "garbage", "nothing\n@@end_db\n");
    CHECK_FALSE(read(directory / "garbage")->begins);
    CHECK_FALSE(read(directory / "garbage")->ends);
    write(directory / "cut", good.substr(0, good.size() - 4));
    CHECK(read(directory / "cut")->begins);
    CHECK_FALSE(read(directory / "cut")->ends);
    write(directory / "more", good + "/appended 3\n");
    CHECK_FALSE(read(directory / "more")->ends);
}

TEST_CASE("a compressed database that is cut off, or grows without bounds, is refused") {
    const TemporaryDirectory directory;
    write_compressed(directory / "whole", good + std::string(100000, 'x'));
    std::ifstream in(directory / "whole", std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    write(directory / "cut", bytes.substr(0, bytes.size() / 2));
    const auto cut = read(directory / "cut");
    REQUIRE_FALSE(cut);
    CHECK(cut.error().code == EBADMSG);
    const auto bomb = read(directory / "whole", 50000);
    REQUIRE_FALSE(bomb);
    CHECK(bomb.error().code == EFBIG);
}

TEST_CASE("a configuration's includes are found with their defined names put in") {
    const auto includes = aide_config_includes(
        "@@define DIR /etc/aide\n"
        "# @@include /not/this\n"
        "@@include @@{DIR}/one.conf\n"
        "@@include relative.conf\n"
        "  @@x_include /etc/aide/aide.conf.d ^[a-zA-Z0-9_-]+$\n"
        "@@x_include_setenv UPAC_x y\n"
        "@@include /with\\ space\n"
        "/ 0 Full @@include /no\n"
        "@@include @@{DIR");
    CHECK(includes == std::vector<std::string>{"/etc/aide/one.conf", "/etc/aide/aide.conf.d", "/with space"});
}

TEST_CASE("the digest of a configuration tells apart contents and names") {
    const TemporaryDirectory directory;
    write(directory / "a", "one");
    write(directory / "b", "two");
    const auto both = digest_aide_config(opened({directory / "a", directory / "b"}));
    const auto one = digest_aide_config(opened({directory / "a"}));
    write(directory / "b", "three");
    const auto changed = digest_aide_config(opened({directory / "a", directory / "b"}));
    REQUIRE((both && one && changed));
    CHECK(both->root_prefix.empty());
    CHECK(both->sha256 != one->sha256);
    CHECK(both->sha256 != changed->sha256);
    CHECK(both->files.at(0).sha256 == sha256_hex("one"));
    CHECK(digest_aide_config(opened({directory / "b", directory / "a"}))->sha256 != changed->sha256);
    write(directory / "prefix", "# root_prefix=/no\n root_prefix = /mnt\nroot_prefixes=/no\n");
    CHECK(digest_aide_config(opened({directory / "prefix"}))->root_prefix == "/mnt");
    write(directory / "big", std::string((1U << 20) + 1, 'x'));
    CHECK(digest_aide_config(opened({directory / "big"})).error().code == EFBIG);
}
