// Whole checks and checks of single paths at the same time: whose word counts. The children are real, and what they
// report is the test's; so is the time.
#include <sys/wait.h>

#include "unit/watchers/aide_device.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

const std::string passwd = "/etc/passwd";

void set(std::string& text, const std::string& from, const std::string& to) {
    REQUIRE(text.find(from) != std::string::npos);
    text.replace(text.find(from), from.size(), to);
}

// Of the times of day `begin` and `end`, of 2027-01-15.
std::string whole_clean(const std::string& begin, const std::string& end) {
    std::string text = clean;
    set(text, "07:59:59", end);
    set(text, "07:59:00", begin);
    return text;
}

std::string whole_different(const std::string& begin, const std::string& end) {
    std::string text = different();
    set(text, "07:58:30", end);
    set(text, "07:58:00", begin);
    return text;
}

std::string of_path(std::string whole) {
    whole.insert(whole.find("\"number_of"), "\"limit\": \"^/etc/passwd$\",\n  ");
    return whole;
}

struct CheckedDevice : Device {
    CheckedDevice() {
        config.aide.path_command = {"/bin/sh", directory / "check"};
        clock.wall_ -= 3'600'000'000;  // 07:00:00
    }
    // To this time of day, of the clock and of the loop, without what time brings.
    void move_to(int minute, int second = 0) {
        const WallTime to =
            1'800'000'000'000'000 - 3'600'000'000 + (minute * 60ULL + static_cast<unsigned>(second)) * 1'000'000;
        REQUIRE(to >= clock.wall_);
        loop.advance(Duration(static_cast<std::int64_t>(to - clock.wall_)));
        clock.wall_ = to;
    }
    // passwd is written; then AIDE says this of it.
    void check_path(const std::string& report) {
        write(directory / "report", report);
        write(directory / "check", "cat " + (directory / "report") + "\n");
        traces.announce({.path = passwd});
        end_check();
    }
    // The next check, which begins at most some seconds later.
    void end_check() {
        const std::uint64_t before = counter("path_checks");
        for (int i = 0; i < 30 && counter("path_checks") == before; ++i)
            advance(std::chrono::milliseconds(100));
        REQUIRE(counter("path_checks") == before + 1);
        int status = 0;
        const pid_t pid = waitpid(-1, &status, 0);
        REQUIRE(pid > 0);
        loop.child_ended(pid, status);
        settle();
    }
    [[nodiscard]] std::uint64_t counter(const std::string& name) const { return watcher->counters().at(name); }
    [[nodiscard]] bool differs() const { return present.has("aide.entry.changed", passwd); }
    [[nodiscard]] bool has_failed() const { return present.has("aide.check.failed", "paths"); }
};

}  // namespace

TEST_CASE("a whole check takes nothing back that a check of the path found while it ran [REQ-10] [REQ-11]") {
    CheckedDevice device;
    device.start();
    device.accept();
    device.move_to(10);
    device.check_path(of_path(whole_different("07:10:00", "07:10:00")));
    REQUIRE(device.differs());
    device.move_to(20);
    device.replace_report(whole_clean("07:05:00", "07:19:00"));
    CHECK(device.differs());

    SECTION("AIDE is asked once more, and its answer counts") {
        write(device.directory / "report", of_path(whole_clean("07:20:00", "07:20:00")));
        device.end_check();
        CHECK_FALSE(device.differs());
    }
    SECTION("the report is read again, which makes it no newer") {
        REQUIRE(device.watcher->check());
        device.settle();
        CHECK(device.differs());
    }
    SECTION("over a restart too") {
        device.watcher.reset();
        device.start();
        CHECK(device.differs());
    }
    SECTION("the next whole check takes it back") {
        device.move_to(30);
        device.replace_report(whole_clean("07:25:00", "07:30:00"));
        CHECK_FALSE(device.differs());
    }
}

TEST_CASE("a whole check does not raise again what was put right while it ran") {
    CheckedDevice device;
    device.start();
    device.accept();
    device.move_to(10);
    device.check_path(of_path(whole_clean("07:10:00", "07:10:00")));
    device.move_to(20);

    SECTION("AIDE is asked once more, and its answer counts") {
        device.replace_report(whole_different("07:05:00", "07:19:00"));
        CHECK_FALSE(device.differs());
        write(device.directory / "report", of_path(whole_different("07:20:00", "07:20:00")));
        device.end_check();
        CHECK(device.differs());
    }
    SECTION("one that began later does") {
        device.replace_report(whole_different("07:11:00", "07:19:00"));
        CHECK(device.differs());
    }
}

TEST_CASE("what was put right after a whole check is not raised again by its report over a restart") {
    CheckedDevice device;
    device.start();
    device.accept();
    device.move_to(10);
    device.replace_report(whole_different("07:05:00", "07:09:00"));
    REQUIRE(device.differs());
    device.move_to(20);
    device.check_path(of_path(whole_clean("07:20:00", "07:20:00")));
    REQUIRE_FALSE(device.differs());
    device.watcher.reset();
    device.start();
    CHECK_FALSE(device.differs());
    CHECK(device.present.health_now.can_look);
    device.move_to(30);
    device.replace_report(whole_different("07:25:00", "07:29:00"));
    CHECK(device.differs());
}

TEST_CASE("a whole check and a check of the path that agree are not followed by another") {
    CheckedDevice device;
    device.start();
    device.accept();
    device.move_to(10);
    device.check_path(of_path(whole_different("07:10:00", "07:10:00")));
    device.move_to(20);
    device.replace_report(whole_different("07:05:00", "07:19:00"));
    device.advance(seconds(10));
    CHECK(device.differs());
    CHECK(device.counter("path_checks") == 1);
}

TEST_CASE("that paths could not be checked is over with a whole check that began later [REQ-10]") {
    CheckedDevice device;
    write(device.directory / "check", "exit 18\n");
    device.start();
    device.accept();
    device.move_to(10);
    device.traces.announce({.path = passwd});
    for (int attempt = 0; attempt < 3; ++attempt) {
        CHECK_FALSE(device.has_failed());
        device.end_check();
    }
    REQUIRE(device.has_failed());
    device.move_to(20);
    device.replace_report(whole_clean("07:05:00", "07:19:00"));
    CHECK(device.has_failed());

    SECTION("in the same run") {
        device.replace_report(whole_clean("07:11:00", "07:20:00"));
        CHECK_FALSE(device.has_failed());
    }
    SECTION("in the next one") {
        device.watcher.reset();
        device.start();
        CHECK(device.has_failed());
        device.move_to(30);
        device.replace_report(whole_clean("07:25:00", "07:29:00"));
        CHECK_FALSE(device.has_failed());
    }
    SECTION("or when paths are not checked any more") {
        device.watcher.reset();
        device.config.aide.path_command.clear();
        device.start();
        CHECK_FALSE(device.has_failed());
    }
}

namespace {

// A check of the path /etc/passwd found it changed; then a whole check is told that did not.
struct Words {
    Words() : words(loop, clock) {
        found.kind = "aide.entry.changed";
        found.subject = passwd;
    }
    void advance(std::chrono::minutes by) {
        clock.advance(static_cast<std::uint64_t>(Duration(by).count()));
        loop.advance(by);
    }
    void say(const std::string& path) { words.said(read_reports(different(path)).front(), {path}); }
    [[nodiscard]] bool keeps(WallTime begin) {
        AideReport report = std::move(read_reports(clean).front());
        report.start = begin;
        Look look;
        look.complete = true;
        (void)words.leave_out(look, std::make_shared<const AideReport>(std::move(report)));
        return look.still_present(found);
    }

    FakeLoop loop;
    FakeClock clock;
    AidePathWords words;
    Violation found;
};

}  // namespace

TEST_CASE("a clock that is set while a whole check runs makes no check of a path older [REQ-11]") {
    Words device;
    const WallTime begin = device.clock.wall();
    const auto back = GENERATE(0, 1, 30, 1000);
    device.advance(std::chrono::minutes(5));
    SECTION("before the path was checked") {
        device.clock.wall_ -= static_cast<std::uint64_t>(back) * 60'000'000;
        device.say(passwd);
    }
    SECTION("after it was") {
        device.say(passwd);
        device.advance(std::chrono::minutes(1));
        device.clock.wall_ -= static_cast<std::uint64_t>(back) * 60'000'000;
    }
    SECTION("forwards") {
        device.clock.wall_ += static_cast<std::uint64_t>(back) * 60'000'000;
        device.say(passwd);
    }
    device.advance(std::chrono::minutes(5));
    CHECK(device.keeps(begin));
}

TEST_CASE("a whole check that began after a path was checked takes back what was found") {
    Words device;
    device.say(passwd);
    device.advance(std::chrono::minutes(1));
    const WallTime begin = device.clock.wall();
    device.advance(std::chrono::minutes(1));
    CHECK_FALSE(device.keeps(begin));
}

TEST_CASE(
    "where too many paths were checked to know them all, whole checks that ran meanwhile take nothing back [REQ-31]") {
    Words device;
    const WallTime begin = device.clock.wall();
    device.say(passwd);
    for (int i = 0; i < 4096; ++i)
        device.say("/etc/" + std::to_string(i));
    CHECK(device.keeps(begin));
    device.advance(std::chrono::minutes(1));
    const WallTime later = device.clock.wall();
    device.advance(std::chrono::minutes(1));
    CHECK_FALSE(device.keeps(later));
}
