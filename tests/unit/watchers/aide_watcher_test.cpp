#include "watchers/aide/aide_watcher.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <poll.h>
#include <sys/epoll.h>

#include <catch2/catch.hpp>

#include "catalogue_kinds.hpp"
#include "core/config.hpp"
#include "support/fake_loop.hpp"
#include "support/fakes.hpp"
#include "support/temporary_directory.hpp"
#include "unit/sources/aide_test_support.hpp"
#include "unit/watchers/present.hpp"

using namespace integrityd;
using namespace integrityd::test;
namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

const std::string database = "@@begin_db\n@@db_spec name attr\n/etc 1\n@@end_db\n";

const std::string clean = R"({
  "start_time": "2027-01-15 07:59:00 +0000",
  "aide_version": "0.18.3",
  "outline": "AIDE found NO differences between database and filesystem. Looks okay!!",
  "number_of_entries": {
    "total": 47
  },
  "end_time": "2027-01-15 07:59:59 +0000"
}
)";

// Differences, one second before the clean report.
std::string different(const std::string& path = "/etc/passwd") {
    std::string text = json_report(path);
    const auto set = [&text](const std::string& from, const std::string& to) {
        text.replace(text.find(from), from.size(), to);
    };
    set("2026-11-22 02:11:51", "2027-01-15 07:58:00");
    set("2026-11-22 02:11:52", "2027-01-15 07:58:30");
    set("7UB7Phq/X+sQJ7xJQ93s+U+3cuAnvMWndARIuLAfsK8=", to_base64(*from_hex(sha256_hex(database))));
    return text;
}

void write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

// A device with AIDE's files below a temporary directory.
struct Device {
    Device() {
        fs::create_directories(directory / "log");
        fs::create_directories(directory / "lib");
        fs::create_directories(directory / "etc/conf.d");
        config.aide.report_log = directory / "log/aide.log";
        config.aide.database = directory / "lib/aide.db";
        config.aide.config = directory / "etc/aide.conf";
        write(config.aide.database, database);
        write(config.aide.config, "@@x_include " + (directory / "etc/conf.d") + " ^[a-z]+$\n/ 0 R\n");
        write(directory / "etc/conf.d/one", "rule\n");
    }

    void start() {
        opener = make_direct_opener(config, aide_config_includes);
        watcher =
            std::make_unique<AideWatcher>(WatcherContext{loop, worker, *opener, clock, config, baselines, present});
        watcher->start();
        settle();
    }
    // Everything that is ready is done, without time passing.
    void settle() {
        for (bool more = true; more;) {
            more = worker.run_all() > 0;
            loop.run_posted();
            for (const int fd : loop.waited_for()) {
                pollfd ready{fd, POLLIN, 0};
                if (poll(&ready, 1, 0) == 1) more = loop.ready(fd, EPOLLIN) || more;
            }
        }
    }
    void advance(Duration by) {
        clock.advance(static_cast<std::uint64_t>(by.count()));
        loop.advance(by);
        settle();
    }
    // As Debian does it: a new file is moved to the name.
    void replace_report(const std::string& text) {
        write(directory / "log/.new", text);
        fs::rename(directory / "log/.new", config.aide.report_log);
        settle();
    }
    void accept() {
        const auto diff = watcher->diff_baseline();
        REQUIRE(diff);
        REQUIRE(watcher->accept_baseline(diff->digest, watcher->baseline_kinds()));
        settle();
    }

    TemporaryDirectory directory;
    Config config;
    FakeLoop loop;
    FakeWorker worker;
    FakeClock clock;
    MemoryBaselines baselines;
    Present present;
    std::unique_ptr<Opener> opener;
    std::unique_ptr<AideWatcher> watcher;
};

}  // namespace

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

TEST_CASE("the age of the last check counts over a restart, by the report's own end [REQ-13]") {
    Device device;
    write(device.config.aide.report_log, clean);
    device.clock.advance(27ULL * 3600 * 1000000);
    device.start();
    CHECK(device.present.has("aide.check.overdue", "report"));
    CHECK(device.present.get("aide.check.overdue", "report").evidence.at("max_age_seconds").number() == 26 * 3600);
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

TEST_CASE("a device without a database says so, and is well when there is one [REQ-12]") {
    Device device;
    fs::remove(device.config.aide.database);
    device.start();
    CHECK(device.present.has("aide.database.missing", device.config.aide.database));
    CHECK(device.present.health_now.reason == "AIDE has no database");
    CHECK_FALSE(device.watcher->diff_baseline());
    write(device.config.aide.database, database);
    device.settle();
    device.advance(seconds(2));
    CHECK(device.present.count("aide.database.missing") == 0);
}

TEST_CASE("without an accepted baseline the watcher is blind and goes on judging the rest [REQ-14]") {
    Device device;
    device.start();
    device.replace_report(different());
    CHECK(device.present.has("aide.entry.changed", "/etc/passwd"));
    CHECK_FALSE(device.present.health_now.can_look);
    CHECK(device.present.health_now.reason.find("no accepted baseline") == 0);
    device.baselines.tampered = true;
    REQUIRE(device.watcher->check());
    device.settle();
    CHECK(device.present.health_now.reason == "the baseline is not what was accepted");
}

TEST_CASE("a database or configuration that is not an accepted one is told [REQ-12] [REQ-15]") {
    Device device;
    device.start();
    device.accept();
    device.replace_report(clean);
    CHECK(device.present.held.empty());

    write(device.directory / "lib/.new", database + "# x\n");
    fs::rename(device.directory / "lib/.new", device.config.aide.database);
    device.settle();
    device.advance(seconds(2));
    CHECK(device.present.has("aide.database.changed", device.config.aide.database));
    write(device.config.aide.database, database);
    device.settle();
    device.advance(seconds(2));
    CHECK(device.present.held.empty());

    write(device.directory / "etc/conf.d/two", "!/etc\n");
    device.advance(std::chrono::minutes(16));
    CHECK(device.present.has("aide.config.changed", device.config.aide.config));
    CHECK_FALSE(device.watcher->accept_baseline("another", device.watcher->baseline_kinds()));
    CHECK(device.watcher->accept_baseline("another", device.watcher->baseline_kinds()).error().code == ECANCELED);
    device.accept();
    CHECK(device.present.held.empty());

    // Only what is asked for is accepted.
    write(device.directory / "etc/conf.d/three", "!/usr\n");
    write(device.config.aide.database, database + "# y\n");
    device.advance(std::chrono::minutes(16));
    CHECK(device.present.has("aide.config.changed", device.config.aide.config));
    REQUIRE(device.watcher->accept_baseline(device.watcher->diff_baseline()->digest, {&kinds::aide_config_changed}));
    device.settle();
    CHECK(device.present.count("aide.config.changed") == 0);
    CHECK(device.present.has("aide.database.changed", device.config.aide.database));
    device.accept();
    CHECK(device.present.held.empty());

    // Another image has its own.
    device.baselines.image_ = "image-b";
    REQUIRE(device.watcher->check());
    device.settle();
    CHECK(device.present.health_now.reason.find("no accepted baseline") == 0);
    device.accept();
    device.baselines.image_ = "image-a";
    REQUIRE(device.watcher->check());
    device.settle();
    CHECK(device.present.held.empty());
    CHECK(device.present.health_now.can_look);
}

TEST_CASE("a damaged database is a failed check") {
    Device device;
    write(device.config.aide.database, "@@begin_db\n/etc 1\n");
    device.start();
    CHECK(device.present.has("aide.check.failed", "database"));
    CHECK(device.present.health_now.reason == "AIDE's database is damaged");
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

TEST_CASE("a check that cannot be started is refused") {
    Device device;
    device.config.aide.check_command = {device.directory / "no-such-program"};
    device.start();
    // It may start and fail at once, or not start at all; both end as no check.
    const auto started = device.watcher->check();
    if (started) CHECK(device.watcher->check().error().code == EBUSY);
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

TEST_CASE("a clock that is not set says nothing of a check's age", "[REQ-13]") {
    Device device;
    write(device.config.aide.report_log, clean);
    device.clock.state_ = ClockState::unset;
    device.clock.advance(400ULL * 24 * 3600 * 1000000);
    device.start();
    CHECK(device.present.count("aide.check.overdue") == 0);
}

TEST_CASE("without a longest age no check is overdue") {
    Device device;
    device.config.aide.max_age = Duration{0};
    device.start();
    device.advance(hours(1000));
    CHECK(device.present.count("aide.check.overdue") == 0);
}

TEST_CASE("the next check is planned by its interval, where there is a command") {
    Device device;
    device.config.aide.check_interval = hours(6);
    device.start();
    CHECK(device.watcher->next_look() == 0);
    device.config.aide.check_command = {"/bin/true"};
    device.start();
    CHECK(device.watcher->next_look() == device.clock.wall() + 6ULL * 3600 * 1000000);
}

TEST_CASE("a daily check without a database is told as the missing database", "[REQ-10]") {
    Device device;
    device.start();
    device.accept();
    fs::remove(device.config.aide.database);
    device.replace_report(
        "aide run on device started at 2027-01-15 07:58:00.\n"
        "******************************************************************************\n"
        "*                           database not present.                            *\n"
        "******************************************************************************\n\n"
        "AIDE produced no errors.\nAIDE detected no changes.\n\n"
        "End of AIDE daily aide check at 2027-01-15 07:59, run time 0 seconds\n");
    CHECK(device.present.has("aide.database.missing", device.config.aide.database));
    CHECK(device.present.count("aide.check.failed") == 0);
    CHECK(device.present.health_now.reason == "AIDE has no database");
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

TEST_CASE("what was accepted of one file says nothing of the other", "[REQ-14]") {
    Device device;
    write(device.config.aide.report_log, clean);
    device.start();
    REQUIRE(device.watcher->accept_baseline(device.watcher->diff_baseline()->digest, {&kinds::aide_database_changed}));
    device.settle();
    CHECK(device.present.held.empty());
    CHECK(device.present.health_now.reason == "AIDE's configuration was not accepted yet");
}
