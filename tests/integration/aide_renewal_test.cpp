// An acceptance for which AIDE makes a new database: real aide, real integrityd-aide-run and -check, real daemon.
#include <cerrno>
#include <optional>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "support/aide_unit.hpp"
#include "support/device.hpp"
#include "support/skip.hpp"

using namespace integrityd::test;

namespace {

struct RenewingDevice : Device {
    AideUnit unit;

    explicit RenewingDevice(const std::vector<std::string>& options = {"--new-database"},
                            const std::string& as = "exec")
        : unit(directory, tree, options, as) {
        configure("check_command = [\"" + unit.client() + "\"]\ndatabase_command = [\"" + unit.client() + "\"]\n");
        deliver();
    }

    // Delivered, accepted; then one file is changed, one is new and one is gone, and a check has found them.
    void find_differences(Subscriber& subscriber) const {
        REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
        accept(subscriber, "aide");
        REQUIRE(subscriber.wait_for_verdict(INTEGRITY_INTACT));
        tree.write("etc/one", "ONE\n");
        tree.write("etc/three", "three\n");
        tree.remove("etc/two");
        check(subscriber);
        REQUIRE(subscriber.wait_for("raised", "aide.entry.changed", tree.path("etc/one")));
        REQUIRE(subscriber.wait_for("raised", "aide.entry.added", tree.path("etc/three")));
        REQUIRE(subscriber.wait_for("raised", "aide.entry.removed", tree.path("etc/two")));
    }
    static void check(Subscriber& subscriber) {
        const auto runs = counter(subscriber, "check_runs");
        subscriber.client().check_now("aide");
        REQUIRE(subscriber.wait_until(
            [&] { return counter(subscriber, "check_runs") > runs && counter(subscriber, "check_running") == 0; }));
        REQUIRE(subscriber.wait_until([&] {
            try {
                return subscriber.client().diff_baseline("aide").json.find("\"not_accepted\"") == std::string::npos;
            } catch (const integrity::Error& error) {
                return error.code() == EBUSY ? false : throw;
            }
        }));
    }
    static std::uint64_t counter(Subscriber& subscriber, const std::string& name) {
        for (const auto& [key, value] : subscriber.client().watcher("aide").counters) {
            if (key == name) return value;
        }
        return 0;
    }
    [[nodiscard]] std::string database() const { return content_of(tree.database()); }
    [[nodiscard]] std::string baseline() const { return content_of(daemon.state_dir() + "/baseline/aide.json"); }
};

// What is there, once what the last check left is read to its end and what differs is part of it.
integrity::BaselineDiff shown(Subscriber& subscriber) {
    std::optional<integrity::BaselineDiff> diff;
    REQUIRE(subscriber.wait_until([&] {
        try {
            diff = subscriber.client().diff_baseline("aide");
        } catch (const integrity::Error& error) {
            return error.code() == EBUSY ? false : throw;
        }
        return diff->json.find("changed ") != std::string::npos;
    }));
    return *diff;
}

// Why the acceptance failed; empty: it did not.
std::string accept_error(Subscriber& subscriber, const std::string& digest) {
    std::string reason;
    // Busy while what the last check left is read to its end.
    CHECK(subscriber.wait_until([&] {
        try {
            (void)subscriber.client().accept_baseline("aide", digest, {}, "update", integrity::forever);
            reason.clear();
        } catch (const integrity::Error& error) {
            reason = error.what();
            return error.code() != EBUSY;
        }
        return true;
    }));
    return reason;
}

bool possible() {
    return skip_unless(AideTree::possible(), "aide is not installed");
}

}  // namespace

TEST_CASE("what differs is accepted by a new database that holds exactly that [REQ-12] [REQ-15]") {
    if (!possible()) return;
    RenewingDevice device;
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    device.find_differences(subscriber);
    const std::string before = device.database();

    const auto diff = shown(subscriber);
    CHECK(diff.json.find("changed " + device.tree.path("etc/one")) != std::string::npos);
    CHECK(accept_error(subscriber, diff.digest).empty());
    CHECK(subscriber.wait_for("resolved", "aide.entry.changed", device.tree.path("etc/one")));
    CHECK(subscriber.wait_for("resolved", "aide.entry.added", device.tree.path("etc/three")));
    CHECK(subscriber.wait_for("resolved", "aide.entry.removed", device.tree.path("etc/two")));
    CHECK(subscriber.wait_for_verdict(INTEGRITY_INTACT));
    CHECK(subscriber.find("raised", "aide.database.changed") == nullptr);
    CHECK(device.database() != before);
    CHECK_FALSE(std::filesystem::exists(device.tree.database() + ".new"));

    // The new database is in force: going back is the difference now.
    device.tree.write("etc/one", "one\n");
    RenewingDevice::check(subscriber);
    CHECK(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));
}

TEST_CASE("a change that slips in while the new database is made keeps the old one in force [REQ-15]") {
    if (!possible()) return;
    RenewingDevice device;
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    device.find_differences(subscriber);
    const std::string database = device.database();
    const std::string baseline = device.baseline();
    const auto diff = shown(subscriber);

    SECTION("another file") {
        device.unit.before("init", "echo evil >>" + device.tree.path("etc/four"));
    }
    SECTION("the content of a file that was accepted as new") {
        device.unit.before("init", "echo evil >" + device.tree.path("etc/three"));
    }
    SECTION("for the time of the making only") {
        device.unit.before("init", "echo evil >" + device.tree.path("etc/three"));
        device.unit.before("compare", "echo three >" + device.tree.path("etc/three"));
    }
    const std::string error = accept_error(subscriber, diff.digest);
    CHECK(error.find("the files are not as they were shown any more") != std::string::npos);
    CHECK(subscriber.wait_for_notice("baseline.failed"));
    CHECK(device.database() == database);
    CHECK(device.baseline() == baseline);
    CHECK(subscriber.client().status().verdict() == INTEGRITY_VIOLATED);
    CHECK(subscriber.find("resolved", "aide.entry.changed") == nullptr);
}

TEST_CASE("a unit that does not let the daemon make a database is told as the reason [REQ-38]") {
    if (!possible() || !skip_unless(geteuid() == 0, "needs root, to be somebody else")) return;
    // Root may always ask.
    RenewingDevice device({}, "exec setpriv --reuid=65534 --clear-groups");
    std::filesystem::permissions(device.directory.path(), std::filesystem::perms(0755));
    REQUIRE(chmod((device.directory / "aide.sock").c_str(), 0666) == 0);
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    device.find_differences(subscriber);
    const std::string baseline = device.baseline();
    const auto diff = shown(subscriber);
    CHECK(accept_error(subscriber, diff.digest).find("only root may make a new database here") != std::string::npos);
    CHECK(device.baseline() == baseline);
}

TEST_CASE("a new database that cannot be moved is none, and the old pin holds [REQ-12]") {
    if (!possible()) return;
    RenewingDevice device;
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    device.find_differences(subscriber);
    const std::string database = device.database();
    const std::string baseline = device.baseline();
    device.unit.before("move", "rm " + device.tree.database() + ".new");
    const auto diff = shown(subscriber);
    CHECK(accept_error(subscriber, diff.digest).find("could not be put in the old one's place") != std::string::npos);
    CHECK(device.database() == database);
    CHECK(device.baseline() == baseline);
    CHECK(subscriber.find("raised", "aide.database.changed") == nullptr);
}
