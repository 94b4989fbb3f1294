#include "core/log.hpp"

#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/unique_fd.hpp"

using namespace integrityd;

namespace {

// What goes to standard error while `job` runs; a few lines, less than a pipe holds.
template <typename Job>
std::string standard_error_of(Job job) {
    int ends[2] = {};
    REQUIRE(::pipe(ends) == 0);
    const UniqueFd reader(ends[0]);
    UniqueFd writer(ends[1]);
    const UniqueFd saved(::dup(STDERR_FILENO));
    REQUIRE(::dup2(writer.get(), STDERR_FILENO) == STDERR_FILENO);
    writer.reset();
    job();
    REQUIRE(::dup2(saved.get(), STDERR_FILENO) == STDERR_FILENO);
    char buffer[4096];
    const ssize_t size = ::read(reader.get(), buffer, sizeof(buffer));
    return {buffer, size > 0 ? static_cast<std::size_t>(size) : 0};
}

}  // namespace

TEST_CASE("a stranger's name cannot begin a line of the log", "[REQ-17]") {
    const std::string text = standard_error_of([] { log::error("cannot read {}", "/tmp/a\n\x1b[2Jall is well"); });
    CHECK(text.find("cannot read /tmp/a\\x0a\\x1b[2Jall is well\n") != std::string::npos);
}

TEST_CASE("what is below the level is not written") {
    const std::string text = standard_error_of([] {
        setup_log("warning");
        log::info("quiet {}", 1);
        log::warning("loud {}", 2);
        setup_log("info");
        log::info("now {}", 3);
        log::debug("never {}", 4);
        setup_log("warning");
    });
    CHECK(text.find("quiet") == std::string::npos);
    CHECK(text.find("loud 2\n") != std::string::npos);
    CHECK(text.find("now 3\n") != std::string::npos);
    CHECK(text.find("never") == std::string::npos);
}

TEST_CASE("the journal is known by the stream's device and inode") {
    int ends[2] = {};
    REQUIRE(::pipe(ends) == 0);
    const UniqueFd reader(ends[0]);
    const UniqueFd writer(ends[1]);
    struct stat status = {};
    REQUIRE(::fstat(writer.get(), &status) == 0);
    const std::string stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
    CHECK(is_journal_stream(stream.c_str(), writer.get()));
    CHECK_FALSE(is_journal_stream((stream + "0").c_str(), writer.get()));
    CHECK_FALSE(is_journal_stream("", writer.get()));
    CHECK_FALSE(is_journal_stream(nullptr, writer.get()));
}
