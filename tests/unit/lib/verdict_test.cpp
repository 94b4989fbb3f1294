// The state file, read alone.
#include <cerrno>
#include <fstream>
#include <integrity/integrity.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "support/temporary_directory.hpp"

namespace integrityd::test {

namespace {

struct StateFile {
    TemporaryDirectory directory;
    integrity_verdict_data data{};

    int read(const std::string& content) {
        std::ofstream(directory / "state") << content;
        return integrity_verdict_at((directory / "state").c_str(), &data);
    }
};

}  // namespace

TEST_CASE("the state file gives the verdict without a bus", "[lib][REQ-9]") {
    StateFile file;
    CHECK(file.read("VERDICT=violated\nSINCE=1700000000000000\nSEQUENCE=42\nREASON=aide.entry.changed /etc/passwd\n") ==
          2);
    CHECK(file.data.verdict == INTEGRITY_VIOLATED);
    CHECK(file.data.since == 1700000000000000);
    CHECK(file.data.sequence == 42);
    CHECK(std::string(file.data.reason) == "aide.entry.changed /etc/passwd");
    CHECK(file.read("VERDICT=intact\n") == 0);
    CHECK(file.data.sequence == 0);
    CHECK(file.read("FUTURE=x\nVERDICT=degraded\nREASON=\n") == 1);
    CHECK(file.read("VERDICT=unknown\n") == 3);
    CHECK(file.read("VERDICT=a word of a later version\n") == 3);
    CHECK(integrity_verdict_at((file.directory / "state").c_str(), nullptr) == 3);
}

TEST_CASE("no state file is unknown, one that is not understood an error", "[lib][REQ-9]") {
    StateFile file;
    CHECK(integrity_verdict_at((file.directory / "none").c_str(), &file.data) == INTEGRITY_UNKNOWN);
    for (const char* bad :
         {"", "\n", "intact\n", "VERDICT=intact", "VERDICT=intact\nVERDICT=intact\n", "VERDICT=intact\nSEQUENCE=-1\n",
          "VERDICT=intact\nSEQUENCE=18446744073709551616\n", "VERDICT=intact\nSINCE=\n", "VERDICT=intact\nREASON=x"}) {
        INFO(bad);
        CHECK(file.read(bad) == -EBADMSG);
        CHECK(file.data.verdict == INTEGRITY_UNKNOWN);
    }
    CHECK(file.read(std::string("VERDICT=intact\nREASON=\0\n", 24)) == -EBADMSG);
    CHECK(file.read("VERDICT=intact\nREASON=" + std::string(5000, 'x') + "\n") == -EBADMSG);
    CHECK(integrity_verdict_at(file.directory.path().c_str(), &file.data) == -EISDIR);
}

TEST_CASE("a long reason is cut between characters, and a FIFO in place of the file does not hold up", "[lib]") {
    StateFile file;
    REQUIRE(file.read("VERDICT=intact\nREASON=" + std::string(254, 'x') + "\xc3\xa4\n") == 0);
    CHECK(std::string(file.data.reason) == std::string(254, 'x'));
    REQUIRE(mkfifo((file.directory / "fifo").c_str(), 0600) == 0);
    CHECK(integrity_verdict_at((file.directory / "fifo").c_str(), &file.data) == -EBADMSG);
}

TEST_CASE("words and numbers of the contract belong together", "[lib]") {
    for (int i = 0; i < 4; ++i) {
        CHECK(integrity_verdict_from_string(integrity_verdict_to_string(static_cast<integrity_verdict_word>(i))) == i);
        CHECK(integrity_severity_from_string(integrity_severity_to_string(static_cast<integrity_severity>(i))) == i);
    }
    CHECK(integrity_severity_from_string("record") == -EINVAL);
    char text[32];
    CHECK(integrity_time_to_string(1, text, sizeof(text)) == 0);
    CHECK(std::string(text) == "1970-01-01T00:00:00.000001Z");
    CHECK(integrity_time_to_string(UINT64_MAX, text, sizeof(text)) == -ERANGE);
    CHECK(integrity_time_to_string(1, text, 8) == -ENOBUFS);
}

}  // namespace integrityd::test
