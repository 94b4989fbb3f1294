// The database, the configuration and the age of the last check.
#include <cerrno>

#include "catalogue_kinds.hpp"
#include "unit/watchers/aide_device.hpp"

using namespace integrityd;
using namespace integrityd::test;

TEST_CASE("the age of the last check counts over a restart, by the report's own end [REQ-13]") {
    Device device;
    write(device.config.aide.report_log, clean);
    device.clock.advance(27ULL * 3600 * 1000000);
    device.start();
    CHECK(device.present.has("aide.check.overdue", "report"));
    CHECK(device.present.get("aide.check.overdue", "report").evidence.at("max_age_seconds").number() == 26 * 3600);
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

TEST_CASE("with auto a device without AIDE is no violation, until AIDE comes or was accepted once") {
    Device device;
    device.config.aide.enabled = Enabled::automatic;
    const auto take_away = [&] {
        fs::remove(device.config.aide.database);
        fs::remove(device.config.aide.config);
    };
    SECTION("it was never there") {
        take_away();
        device.start();
        CHECK(device.present.health_now.absent);
        CHECK(device.present.health_now.reason == "AIDE is not on this device");
        device.advance(hours(27));
        CHECK(device.present.held.empty());
        write(device.config.aide.config, "/ 0 R\n");
        device.settle();
        device.advance(seconds(2));
        CHECK_FALSE(device.present.health_now.absent);
        CHECK(device.present.has("aide.database.missing", device.config.aide.database));
    }
    SECTION("it was accepted, and is gone") {
        write(device.config.aide.report_log, clean);
        device.start();
        device.accept();
        take_away();
        device.settle();
        device.advance(seconds(2));
        CHECK_FALSE(device.present.health_now.absent);
        REQUIRE(device.present.has("aide.database.missing", device.config.aide.database));
        CHECK(device.present.get("aide.database.missing", device.config.aide.database).severity == Severity::high);
    }
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

TEST_CASE("who asks right after a change is shown what is there then, not what was there before") {
    Device device;
    device.start();
    device.accept();
    write(device.config.aide.database, database + "# x\n");
    device.settle();  // the change is known, and what may follow it is waited for
    std::string shown;
    device.watcher->when_settled([&] { shown = device.watcher->diff_baseline()->digest; });
    CHECK(shown.empty());
    device.settle();
    REQUIRE_FALSE(shown.empty());
    CHECK(device.present.has("aide.database.changed", device.config.aide.database));
    REQUIRE(device.watcher->accept_baseline(shown, Wanted()));
    device.settle();
    CHECK(device.present.held.empty());
    bool at_once = false;
    device.watcher->when_settled([&] { at_once = true; });
    CHECK(at_once);
}

TEST_CASE("who waits for a watcher that ends is not forgotten") {
    Device device;
    device.start();
    REQUIRE(device.watcher->check());
    int called = 0;
    device.watcher->when_settled([&] { ++called; });
    CHECK(called == 0);
    device.watcher.reset();
    CHECK(called == 1);
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
    CHECK_FALSE(device.watcher->accept_baseline("another", Wanted()));
    CHECK(device.watcher->accept_baseline("another", Wanted()).error().code == ECANCELED);
    device.accept();
    CHECK(device.present.held.empty());

    // Only what is asked for is accepted.
    write(device.directory / "etc/conf.d/three", "!/usr\n");
    write(device.config.aide.database, database + "# y\n");
    device.advance(std::chrono::minutes(16));
    CHECK(device.present.has("aide.config.changed", device.config.aide.config));
    REQUIRE(device.watcher->accept_baseline(device.watcher->diff_baseline()->digest,
                                            Wanted({{&kinds::aide_config_changed, ""}})));
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

TEST_CASE("what was accepted of one file says nothing of the other", "[REQ-14]") {
    Device device;
    write(device.config.aide.report_log, clean);
    device.start();
    REQUIRE(device.watcher->accept_baseline(device.watcher->diff_baseline()->digest,
                                            Wanted({{&kinds::aide_database_changed, ""}})));
    device.settle();
    CHECK(device.present.held.empty());
    CHECK(device.present.health_now.reason == "AIDE's configuration was not accepted yet");
}

TEST_CASE("what was exported can be imported, and what is no baseline is refused") {
    Device device;
    write(device.config.aide.report_log, clean);
    device.start();
    device.accept();
    const ValueMap exported = device.baselines.load("aide").value()->content;
    write(device.config.aide.database, database + "# x\n");
    device.settle();
    device.advance(seconds(2));
    device.accept();
    REQUIRE(device.present.held.empty());

    const auto refusal = [&](const ValueMap& document) {
        const auto imported = device.watcher->import_baseline(document);
        return imported ? 0 : imported.error().code;
    };
    const std::string digest(64, 'a');
    const auto of_image = [](ValueMap values) {
        return ValueMap{{"version", 1}, {"images", ValueMap{{"", std::move(values)}}}};
    };
    CHECK(refusal({}) == EINVAL);
    CHECK(refusal({{"version", 1}, {"images", ValueMap{}}}) == EINVAL);
    CHECK(refusal({{"version", 2}, {"images", exported.at("images")}}) == EINVAL);
    CHECK(refusal({{"version", 1}, {"images", ValueMap{{"", "all"}}}}) == EINVAL);
    CHECK(refusal(of_image({{"database", text_list({digest})}})) == EINVAL);
    CHECK(refusal(of_image({{"database", text_list({digest})}, {"config", text_list({"aa"})}})) == EINVAL);
    device.settle();
    CHECK(device.present.held.empty());

    REQUIRE(device.watcher->import_baseline(exported));
    device.settle();
    CHECK(device.present.has("aide.database.changed", device.config.aide.database));
    CHECK(device.baselines.load("aide").value()->content == exported);
}
