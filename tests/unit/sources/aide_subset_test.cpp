#include "sources/aide_subset.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/digest.hpp"
#include "core/unique_fd.hpp"
#include "support/temporary_directory.hpp"

using namespace integrityd;
using test::TemporaryDirectory;

namespace {

const std::string spec = "@@db_spec name perm size \n";
const std::string database = "@@begin_db\n# made by Aide\n" + spec +
                             "/etc 40755 0\n"
                             "/etc/passwd 100644 10\n"
                             "/etc/passwd- 100644 9\n"
                             "/etc/we%20ird%0A%25 100644 1\n"
                             "@@end_db\n";

Result<AideSubset> cut(const std::string& text, const std::vector<std::string>& paths) {
    const TemporaryDirectory directory;
    std::ofstream(directory / "db") << text;
    const UniqueFd fd(::open((directory / "db").c_str(), O_RDONLY | O_CLOEXEC));
    return cut_aide_database(fd.get(), paths);
}

}  // namespace

TEST_CASE("a subset is a database of the entries of these paths, and no other") {
    const auto subset = cut(database, {"/etc/passwd", "/etc/nothing"});
    REQUIRE(subset);
    CHECK(subset->text == "@@begin_db\n" + spec + "/etc/passwd 100644 10\n@@end_db\n");
    CHECK(subset->entries == 1);
    CHECK(subset->whole_sha256 == sha256_hex(database));
}

TEST_CASE("a name of any bytes is found as AIDE writes it") {
    const auto subset = cut(database, {"/etc/we ird\n%"});
    REQUIRE(subset);
    CHECK(subset->entries == 1);
    CHECK(subset->text.find("/etc/we%20ird%0A%25 100644 1\n") != std::string::npos);
}

TEST_CASE("of paths that are not in it the subset is a database without entries") {
    const auto subset = cut(database, {"/root/new"});
    REQUIRE(subset);
    CHECK(subset->entries == 0);
    CHECK(subset->text == "@@begin_db\n" + spec + "@@end_db\n");
}

TEST_CASE("what is no database has no subset") {
    CHECK(cut("", {"/etc"}).error().code == EBADMSG);
    CHECK(cut("/etc 40755 0\n", {"/etc"}).error().code == EBADMSG);
    CHECK(cut("@@begin_db\n/etc " + std::string(2U << 20, 'a') + "\n", {"/etc"}).error().code == EBADMSG);
}

TEST_CASE("an entry that is too long is refused, not cut") {
    std::string large = "@@begin_db\n" + spec;
    for (int i = 0; i < 8; ++i)
        large += "/etc " + std::string(200U << 10, 'a') + "\n";
    CHECK(cut(large, {"/etc"}).error().code == EMSGSIZE);
}

TEST_CASE("the expression for --limit takes no character of a name for its own") {
    CHECK(aide_limit_of({"/etc/passwd"}) == "^(?:\\/etc\\/passwd)\\z");
    CHECK(aide_limit_of({"/a.b|c", "/x\n"}) == "^(?:\\/a\\.b\\|c|\\/x\\\n)\\z");
    CHECK(aide_limit_of({"/\xff"}) == "^(?:\\/\xff)\\z");
}
