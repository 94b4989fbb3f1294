#include "publish/state_file.hpp"

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "support/temporary_directory.hpp"

using namespace integrityd;
using namespace integrityd::test;
namespace fs = std::filesystem;

namespace {

constexpr const char* stream = "00000000-0000-4000-8000-000000000000";

std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string flags(const TemporaryDirectory& directory) {
    return std::string(fs::exists(directory / "violated") ? "violated" : "") +
           (fs::exists(directory / "restored") ? "restored" : "");
}

}  // namespace

TEST_CASE("the file holds the verdict, since when, up to which event, and why", "[REQ-9]") {
    const TemporaryDirectory directory;
    StateFile file(directory.path());
    file.write({.verdict = Verdict::violated, .since = 1'800'000'000'000'000, .sequence = 42, .reason = "aide: x"});
    CHECK(read(file.path()) == "VERDICT=violated\nSINCE=1800000000000000\nSEQUENCE=42\nREASON=aide: x\n");
    CHECK((fs::status(file.path()).permissions() & fs::perms::all) ==
          (fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read));
}

TEST_CASE("a reader sees the old or the new file, never a part", "[REQ-9]") {
    const TemporaryDirectory directory;
    StateFile file(directory.path());
    file.write({.verdict = Verdict::intact, .reason = "first"});
    std::ifstream reader(file.path(), std::ios::binary);
    file.write({.verdict = Verdict::violated, .reason = "second"});
    CHECK(std::string(std::istreambuf_iterator<char>(reader), {}).find("REASON=first\n") != std::string::npos);
    CHECK(read(file.path()).find("REASON=second\n") != std::string::npos);
}

TEST_CASE("a reason with newlines stays one line, a long one is cut", "[REQ-17]") {
    const TemporaryDirectory directory;
    StateFile file(directory.path());
    file.write({.verdict = Verdict::violated, .reason = "/tmp/a\nVERDICT=intact"});
    CHECK(read(file.path()).find("REASON=/tmp/a\\x0aVERDICT=intact\n") != std::string::npos);
    file.write({.verdict = Verdict::violated, .reason = std::string(100'000, 'x')});
    CHECK(read(file.path()).size() < 4096);
}

TEST_CASE("when the daemon ends the verdict is unknown", "[REQ-9]") {
    const TemporaryDirectory directory;
    {
        StateFile file(directory.path());
        file.write({.verdict = Verdict::intact, .since = 1, .sequence = 42, .reason = "nothing is wrong"});
    }
    const std::string text = read(directory / "state");
    CHECK(text.starts_with("VERDICT=unknown\nSINCE="));
    CHECK(text.ends_with("SEQUENCE=42\nREASON=the daemon has ended\n"));
}

TEST_CASE("a file that somebody removed is put back with the next sign of life", "[REQ-9]") {
    const TemporaryDirectory directory;
    StateFile file(directory.path());
    file.write({.verdict = Verdict::violated, .since = 1, .sequence = 42, .reason = "aide: x"});
    const std::string text = read(file.path());
    fs::remove(file.path());
    file.touch();
    CHECK(read(file.path()) == text);
}

TEST_CASE("a file that somebody altered is put right with the next sign of life", "[REQ-9]") {
    const TemporaryDirectory directory;
    StateFile file(directory.path());
    file.write({.verdict = Verdict::violated, .since = 1, .sequence = 42, .reason = "aide: x"});
    const std::string text = read(file.path());
    SECTION("in its first line") {
        std::ofstream(file.path(), std::ios::in) << "VERDICT=intact  \n";
    }
    SECTION("at its end") {
        std::ofstream(file.path(), std::ios::app) << "x";
    }
    SECTION("as a whole") {
        std::ofstream(file.path()) << "VERDICT=intact\n";
    }
    file.touch();
    CHECK(read(file.path()) == text);
}

TEST_CASE("where there is no room for a new file the old verdict does not stay", "[REQ-9]") {
    const TemporaryDirectory directory;
    StateFile file(directory.path());
    file.write({.verdict = Verdict::intact, .reason = "a reason that is longer than the next one"});
    fs::create_directories(directory / "state.new/taken");  // nothing can be made there
    SECTION("it is overwritten") {
        file.write({.verdict = Verdict::violated, .since = 1, .sequence = 42, .reason = "aide: x"});
        CHECK(read(file.path()) == "VERDICT=violated\nSINCE=1\nSEQUENCE=42\nREASON=aide: x\n");
    }
    SECTION("it is removed where it cannot be overwritten") {
        fs::remove(file.path());
        fs::create_symlink("/nowhere", file.path());
        file.write({.verdict = Verdict::violated});
        CHECK_FALSE(fs::exists(fs::symlink_status(file.path())));
    }
    fs::remove_all(directory / "state.new");
    file.touch();
    CHECK(read(file.path()).starts_with("VERDICT=violated\n"));
}

TEST_CASE("a link in the place of the file is replaced and not followed", "[REQ-28]") {
    const TemporaryDirectory directory;
    fs::create_symlink("/nowhere", directory / "state.new");
    fs::create_symlink(directory / "victim", directory / "state");
    StateFile file(directory.path());
    file.write({.verdict = Verdict::intact});
    CHECK(fs::is_regular_file(fs::symlink_status(directory / "state")));
    CHECK_FALSE(fs::exists(directory / "victim"));
}

TEST_CASE("the flags are latched, and there is never more than one", "[REQ-9]") {
    const TemporaryDirectory directory;
    StateFile file(directory.path());
    file.latch(Flag::keep, stream);
    CHECK(flags(directory).empty());
    file.latch(Flag::restored, stream);
    CHECK(flags(directory).empty());
    file.latch(Flag::violated, stream);
    CHECK(flags(directory) == "violated");
    file.latch(Flag::keep, stream);
    CHECK(flags(directory) == "violated");
    file.latch(Flag::restored, stream);
    CHECK(flags(directory) == "restored");
    file.latch(Flag::violated, stream);
    CHECK(flags(directory) == "violated");
}

TEST_CASE("the flag says which store knows what it was set for", "[REQ-9]") {
    const TemporaryDirectory directory;
    StateFile file(directory.path());
    CHECK_FALSE(file.violated(stream));
    std::ofstream(directory / "violated") << "";
    CHECK_FALSE(file.violated(stream));
    CHECK_FALSE(file.violated(""));
    file.latch(Flag::violated, stream);
    CHECK(file.violated(stream));
    CHECK(StateFile(directory.path()).violated(stream));
    CHECK_FALSE(file.violated("another"));
    file.latch(Flag::keep, "");
    CHECK(file.violated(stream));
    SECTION("until there is more of it, which is not stored") {
        file.latch(Flag::violated, "");
        CHECK_FALSE(file.violated(stream));
    }
    SECTION("and nothing of the time before") {
        file.latch(Flag::restored, stream);
        CHECK_FALSE(file.violated(stream));
        file.latch(Flag::violated, "");
        CHECK_FALSE(file.violated(stream));
    }
    SECTION("of another store by now") {
        file.latch(Flag::violated, "a");
        CHECK_FALSE(file.violated(stream));
        CHECK(file.violated("a"));
    }
}

TEST_CASE("a flag outlives the daemon, the mark of a failed start does not") {
    const TemporaryDirectory directory;
    StateFile(directory.path()).latch(Flag::violated, stream);
    std::ofstream(directory / "failed") << "";
    const StateFile next(directory.path());
    CHECK(flags(directory) == "violated");
    CHECK_FALSE(fs::exists(directory / "failed"));
}

TEST_CASE("a sign of life is the file's time") {
    const TemporaryDirectory directory;
    StateFile file(directory.path());
    file.lives();
    file.write({.verdict = Verdict::intact});
    fs::last_write_time(file.path(), fs::file_time_type::clock::now() - std::chrono::hours(1));
    const auto before = fs::last_write_time(file.path());
    file.touch();
    CHECK(fs::last_write_time(file.path()) > before);
}

TEST_CASE("a run that stores nothing leaves the last sign of life as it found it", "[REQ-14]") {
    const TemporaryDirectory directory;
    const auto hour_ago = fs::file_time_type::clock::now() - std::chrono::hours(1);
    SECTION("of the run before") {
        std::ofstream(directory / "state") << "VERDICT=intact\n";
        fs::last_write_time(directory / "state", hour_ago);
    }
    SECTION("none") {}
    const bool there = fs::exists(directory / "state");
    const WallTime found = StateFile(directory.path()).last_sign();
    CHECK((found != 0) == there);
    {
        StateFile file(directory.path());
        CHECK(file.last_sign() == found);
        file.write({.verdict = Verdict::unknown, .reason = "no store"});
        file.touch();
        fs::create_directories(directory / "state.new/taken");  // nothing can be made there
        file.write({.verdict = Verdict::unknown, .reason = "no store, and no room"});
        fs::remove_all(directory / "state.new");
        CHECK(StateFile(directory.path()).last_sign() == found);
    }
    CHECK(StateFile(directory.path()).last_sign() == found);
    StateFile file(directory.path());
    file.lives();
    file.write({.verdict = Verdict::intact});
    CHECK(StateFile(directory.path()).last_sign() > found);
    CHECK(file.last_sign() == found);
}

TEST_CASE("a directory that cannot be written does not end the daemon") {
    const TemporaryDirectory directory;
    std::ofstream(directory / "file") << "";
    StateFile file(directory / "file/run");
    file.write({.verdict = Verdict::violated});
    file.latch(Flag::violated, stream);
    file.touch();
    CHECK(fs::file_size(directory / "file") == 0);
}
