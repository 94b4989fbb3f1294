// What audit and AIDE know together: who changed which file, checked at once. Real aide, real integrityd-aide-run, real
// daemon; the audit log is the test's.
#include <catch2/catch.hpp>

#include "support/aide_unit.hpp"
#include "support/audited_device.hpp"
#include "support/skip.hpp"

using namespace integrityd::test;

namespace {

struct JoinedDevice : AuditedDevice {
    AideUnit unit{directory, tree, {}};

    JoinedDevice() {
        configure_audit("path_command = [\"" + unit.client() + "\"]\n");
        deliver();
    }
    // Started, and AIDE's database accepted.
    void begin(Subscriber& subscriber) const {
        wait_for_first_look(subscriber);
        accept(subscriber, "aide");
        REQUIRE(subscriber.wait_until([&] { return subscriber.client().watcher("aide").state == "intact"; }));
    }
    void write_and_record(const std::string& name, const std::string& text) {
        tree.write(name, text);
        record_write(tree.path(name));
    }
};

}  // namespace

TEST_CASE("a file that is written is checked by AIDE at once, and the finding names who wrote it [REQ-43]") {
    if (!skip_unless(AideTree::possible(), "aide is not installed")) return;
    JoinedDevice device;
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    device.begin(subscriber);

    device.write_and_record("etc/one", "ONE\n");
    REQUIRE(subscriber.wait_for("raised", "aide.entry.changed", device.tree.path("etc/one")));
    const auto id = subscriber.find("raised", "aide.entry.changed")->violation().id();
    const auto violation = subscriber.client().violation(id);
    CHECK(violation.details()["actor"]["exe"].text() == "/usr/bin/vi");
    CHECK(violation.details()["actor"]["auid"].number() == 1000U);
    CHECK(violation.details()["actor"]["confidence"].text() == "path");  // this AIDE compares content alone

    device.write_and_record("etc/one", "one\n");
    CHECK(subscriber.wait_for("returned", "aide.entry.changed", device.tree.path("etc/one")));
    CHECK(device.daemon.stop());
}

TEST_CASE("a new file of any name is found at once, and one that AIDE does not know about is nobody's finding") {
    if (!skip_unless(AideTree::possible(), "aide is not installed")) return;
    JoinedDevice device;
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    device.begin(subscriber);
    device.record_write("/nowhere/at/all");
    device.write_and_record("etc/a b\n^(x)|.*\x1b[31m", "strange\n");
    CHECK(subscriber.wait_until([&] {
        const auto* const event = subscriber.find("raised", "aide.entry.added");
        return event != nullptr &&
               event->violation().details()["path"].bytes() == device.tree.path("etc/a b\n^(x)|.*\x1b[31m");
    }));
    for (const auto& event : subscriber.events) {
        if (event.violation()) CHECK(event.violation().subject() != "/nowhere/at/all");
    }
    CHECK(device.daemon.stop());
}

TEST_CASE("an AIDE that is not reached is asked again, then that is said, and taken back when it answers") {
    if (!skip_unless(AideTree::possible(), "aide is not installed")) return;
    JoinedDevice device;
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    device.begin(subscriber);
    device.unit.before("paths", "kill $PPID");  // the client ends before it has asked
    device.write_and_record("etc/one", "ONE\n");
    REQUIRE(subscriber.wait_for("raised", "aide.check.failed", "paths"));
    CHECK(subscriber.find("raised", "aide.entry.changed") == nullptr);
    device.unit.before("paths", "");
    device.write_and_record("etc/two", "TWO\n");
    CHECK(subscriber.wait_for("raised", "aide.entry.changed", device.tree.path("etc/two")));
    CHECK(subscriber.wait_for("returned", "aide.check.failed", "paths"));
    CHECK(device.daemon.stop());
}

TEST_CASE("a database that nobody accepted is not asked") {
    if (!skip_unless(AideTree::possible(), "aide is not installed")) return;
    JoinedDevice device;
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    device.begin(subscriber);
    device.tree.write("etc/one", "ONE\n");
    device.tree.accept_tree();  // the change is in the database now, which is another one
    REQUIRE(subscriber.wait_for("raised", "aide.database.changed", device.tree.database()));
    device.record_write(device.tree.path("etc/one"));
    device.record_write("/etc/passwd");
    REQUIRE(subscriber.wait_for("raised", "audit.rule.matched", "identity files: /etc/passwd"));
    REQUIRE(subscriber.wait_until([&] {
        for (const auto& [name, value] : subscriber.client().watcher("aide").counters) {
            if (name == "path_checks_failed") return value > 0;
        }
        return false;
    }));
    CHECK(subscriber.find("returned", "aide.database.changed") == nullptr);
    CHECK(device.daemon.stop());
}
