// Reports: when they are taken, and what becomes of them.
#include <cerrno>
#include <sys/stat.h>

#include "unit/watchers/aide_device.hpp"

using namespace integrityd;
using namespace integrityd::test;

TEST_CASE("a report that is put in place is told, and a clean one takes it back [REQ-1]") {
    Device device;
    device.start();
    CHECK(device.present.finished == 1);
    CHECK(device.present.health_now.reason == "there is no report of AIDE yet");
    device.accept();
    device.replace_report(different());
    CHECK(device.present.has("aide.entry.changed", "/etc/passwd"));
    CHECK(device.present.health_now.can_look);
    device.replace_report(clean);
    CHECK(device.present.held.empty());
    CHECK(device.watcher->counters().at("reports") == 2);
}

TEST_CASE("a report that is there at the start is told, and not taken twice") {
    Device device;
    write(device.config.aide.report_log, different());
    device.start();
    CHECK(device.present.has("aide.entry.changed", "/etc/passwd"));
    CHECK(device.present.finished == 1);
    CHECK(device.watcher->counters().at("reports") == 1);
    fs::rename(device.config.aide.report_log, device.directory / "log/aide.log.away");
    fs::rename(device.directory / "log/aide.log.away", device.config.aide.report_log);
    device.settle();
    CHECK(device.watcher->counters().at("reports") == 1);
    REQUIRE(device.watcher->check());
    device.settle();
    CHECK(device.watcher->counters().at("reports") == 2);
    CHECK(device.present.finished == 2);
}

TEST_CASE("an unfinished report waits for the rest, and is a failed check when nothing follows [REQ-10]") {
    Device device;
    device.start();
    const std::string text = different();
    device.replace_report(text.substr(0, 300));
    CHECK(device.present.count("aide.check.failed") == 0);
    {
        std::ofstream rest(device.config.aide.report_log, std::ios::app | std::ios::binary);
        rest << text.substr(300);
    }
    device.settle();
    CHECK(device.present.has("aide.entry.changed", "/etc/passwd"));
    device.advance(seconds(10));
    CHECK(device.present.count("aide.check.failed") == 0);

    device.replace_report(clean.substr(0, 200));
    CHECK(device.present.count("aide.check.failed") == 0);
    device.advance(seconds(3));
    CHECK(device.present.has("aide.check.failed", "report"));
    CHECK_FALSE(device.present.health_now.can_look);
    CHECK(device.present.has("aide.entry.changed", "/etc/passwd"));
    device.replace_report(clean);
    CHECK(device.present.count("aide.check.failed") == 0);
    CHECK_FALSE(device.present.has("aide.entry.changed", "/etc/passwd"));
}

TEST_CASE("an empty report file is a run that has begun, until no check has finished for too long [REQ-13]") {
    Device device;
    device.start();
    device.accept();
    device.replace_report(clean);
    CHECK(device.present.held.empty());
    device.replace_report("");
    device.advance(seconds(10));
    CHECK(device.present.held.empty());
    device.advance(hours(25));
    CHECK(device.present.held.empty());
    device.advance(hours(2));
    CHECK(device.present.has("aide.check.overdue", "report"));
}

TEST_CASE("reports appended in one file: what was there is history, what is added is told") {
    Device device;
    write(device.config.aide.report_log, different("/old") + clean);
    device.start();
    CHECK(device.present.count("aide.entry.changed") == 0);
    std::string later = different("/new");
    later.replace(later.find("07:58:30"), 8, "07:59:59");
    {
        std::ofstream more(device.config.aide.report_log, std::ios::app | std::ios::binary);
        more << later;
    }
    device.settle();
    CHECK(device.present.has("aide.entry.changed", "/new"));
    CHECK_FALSE(device.present.has("aide.entry.changed", "/old"));
    CHECK(device.watcher->counters().at("reports") == 2);
}

TEST_CASE("a directory that is not there yet is waited for") {
    Device device;
    fs::remove_all(device.directory / "log");
    device.start();
    CHECK(device.present.finished == 1);
    CHECK(device.present.health_now.reason.find("cannot be watched") != std::string::npos);
    fs::create_directories(device.directory / "log");
    write(device.config.aide.report_log, different());
    device.advance(seconds(11));
    CHECK(device.present.has("aide.entry.changed", "/etc/passwd"));
    fs::remove_all(device.directory / "log");
    device.settle();
    CHECK(device.present.health_now.reason.find("is gone") != std::string::npos);
    fs::create_directories(device.directory / "log");
    device.advance(seconds(11));
    device.replace_report(different("/second"));
    CHECK(device.present.has("aide.entry.changed", "/second"));
}

TEST_CASE("a report of another tree than the configuration's takes nothing back") {
    Device device;
    write(device.config.aide.config, "root_prefix=/mnt\n/ 0 R\n");
    std::string mounted = clean;
    mounted.insert(mounted.find("  \"number_of"), "  \"root_prefix\": \"/mnt\",\n");
    device.start();
    device.accept();
    device.replace_report(different());
    CHECK(device.present.health_now.reason.find("did not cover everything") != std::string::npos);
    CHECK(device.present.has("aide.entry.changed", "/etc/passwd"));
    device.replace_report(clean + " ");
    CHECK(device.present.has("aide.entry.changed", "/etc/passwd"));
    device.replace_report(mounted);
    CHECK(device.present.held.empty());
}

TEST_CASE("an old clean report that is put there again takes nothing back [REQ-10]") {
    Device device;
    device.start();
    device.accept();
    std::string later = different();
    later.replace(later.find("07:58:30"), 8, "07:59:59");
    device.replace_report(later);
    std::string old = clean;
    old.replace(old.find("07:59:59"), 8, "07:59:58");
    device.replace_report(old);
    CHECK(device.present.has("aide.entry.changed", "/etc/passwd"));
    CHECK(device.present.has("aide.check.failed", "report"));
}

TEST_CASE("a report that cannot be opened for a moment, as while it is rotated, makes nobody blind", "[REQ-14]") {
    Device device;
    device.start();
    device.accept();
    device.replace_report(different());
    REQUIRE(device.present.health_now.can_look);
    const int finished = device.present.finished;
    // A link to itself stands for what is there and is not opened (ELOOP).
    const auto in_the_way = [&] {
        fs::create_symlink(device.config.aide.report_log, device.directory / "log/.loop");
        fs::rename(device.directory / "log/.loop", device.config.aide.report_log);
        device.settle();
    };
    in_the_way();
    CHECK(device.present.health_now.can_look);
    SECTION("it is there again") {
        device.replace_report(clean);
        CHECK_FALSE(device.present.has("aide.entry.changed", "/etc/passwd"));
        device.advance(seconds(3));
        CHECK(device.present.health_now.can_look);
    }
    SECTION("it stays so") {
        device.advance(seconds(3));
        CHECK_FALSE(device.present.health_now.can_look);
        CHECK(device.present.finished == finished);
    }
}

TEST_CASE("an old clean report is known as old over a restart [REQ-10]") {
    Device device;
    device.start();
    device.accept();
    std::string later = different();
    later.replace(later.find("07:58:30"), 8, "07:59:59");
    device.replace_report(later);
    device.watcher.reset();
    std::string old = clean;
    old.replace(old.find("07:59:59"), 8, "07:59:58");
    device.replace_report(old);
    device.start();
    CHECK(device.present.has("aide.entry.changed", "/etc/passwd"));
    CHECK(device.present.has("aide.check.failed", "report"));
    device.replace_report(clean);
    CHECK(device.present.held.empty());
}

TEST_CASE("a check that cannot be started is refused") {
    Device device;
    device.config.aide.check_command = {device.directory / "no-such-program"};
    device.start();
    // It may start and fail at once, or not start at all; both end as no check.
    const auto started = device.watcher->check();
    if (started) CHECK(device.watcher->check().error().code == EBUSY);
}

TEST_CASE("where no report is there, the first look is a check of our own: starting, not blind", "[REQ-14]") {
    Device device;
    // Never ends by itself: it is the one that is looked for, and ends with the watcher.
    device.config.aide.check_command = {"/bin/sh", "-c", "read -r never <" + device.config.aide.config + ".fifo"};
    REQUIRE(mkfifo((device.config.aide.config + ".fifo").c_str(), 0600) == 0);
    SECTION("after a start without a report") {
        device.start();
        CHECK(device.watcher->check().error().code == EBUSY);
        CHECK(device.present.finished == 0);
    }
    SECTION("not where there is a report") {
        write(device.config.aide.report_log, clean);
        device.start();
        CHECK(device.watcher->counters()["check_runs"] == 0);
        CHECK(device.present.finished == 1);
    }
    SECTION("not where AIDE has no database: there is nothing to check against") {
        fs::remove(device.config.aide.database);
        device.start();
        CHECK(device.watcher->counters()["check_runs"] == 0);
        CHECK(device.present.finished == 1);
        CHECK_FALSE(device.present.health_now.can_look);
    }
}

TEST_CASE("a clock that is turned back does not make a check younger", "[REQ-13]") {
    Device device;
    device.start();
    device.accept();
    device.replace_report(clean);
    device.clock.wall_ -= 48ULL * 3600 * 1000000;
    device.advance(hours(27));
    CHECK(device.present.has("aide.check.overdue", "report"));
}

TEST_CASE("a worker that takes nothing more delays a look and loses none", "[REQ-31]") {
    Device device;
    device.start();
    device.accept();
    device.worker.full_ = true;
    device.replace_report(different());
    CHECK(device.present.held.empty());
    device.worker.full_ = false;
    device.advance(seconds(3));
    CHECK(device.present.has("aide.entry.changed", "/etc/passwd"));
}

TEST_CASE("with another database than the accepted one a report takes nothing back, stated or not [REQ-11] [REQ-12]") {
    Device device;
    device.start();
    device.accept();
    device.replace_report(different());
    write(device.directory / "lib/.new", database + "# x\n");
    fs::rename(device.directory / "lib/.new", device.config.aide.database);
    // Nobody has looked at the new one yet.
    device.replace_report(clean);
    CHECK(device.present.has("aide.entry.changed", "/etc/passwd"));
    CHECK(device.present.count("aide.check.failed") == 0);
    device.advance(seconds(2));
    CHECK(device.present.has("aide.database.changed", device.config.aide.database));
    CHECK(device.present.has("aide.entry.changed", "/etc/passwd"));
    CHECK(device.present.has("aide.check.failed", "report"));
    write(device.config.aide.database, database);
    device.settle();
    device.advance(seconds(2));
    REQUIRE(device.watcher->check());
    device.settle();
    CHECK(device.present.held.empty());
}

TEST_CASE("a baseline that cannot be read decides nothing in a report's favour", "[REQ-15]") {
    Device device;
    device.start();
    device.accept();
    device.replace_report(different());
    device.baselines.tampered = true;
    REQUIRE(device.watcher->check());
    device.settle();
    device.replace_report(clean);
    CHECK(device.present.has("aide.entry.changed", "/etc/passwd"));
}

TEST_CASE("a look that is asked for while a report is being read is not forgotten") {
    Device device;
    device.start();
    device.clock.advance(3'600'000'000);
    write(device.config.aide.report_log, clean);
    device.clock.wall_ = static_cast<WallTime>(time(nullptr)) * 1'000'000 + 60'000'000;
    for (const int fd : device.loop.waited_for())
        (void)device.loop.ready(fd, EPOLLIN);  // the worker has the report, nobody has judged it
    REQUIRE(device.watcher->check());
    device.settle();
    CHECK(device.watcher->counters().at("reports") == 2);
}
