// The whole way of one fact: real aide, real daemon, real bus, real client library.
#include <catch2/catch.hpp>

#include "support/aide_tree.hpp"
#include "support/daemon_process.hpp"
#include "support/dbus_daemon.hpp"
#include "support/skip.hpp"
#include "support/subscriber.hpp"

using namespace integrityd::test;

namespace {

struct Device {
    TemporaryDirectory directory;
    AideTree tree{directory};
    DbusDaemon bus;
    DaemonProcess daemon{directory, bus.address()};

    Device() {
        tree.write("etc/one", "one\n");
        tree.write("etc/two", "two\n");
        tree.accept_tree();
        (void)tree.check();
        daemon.write_config(tree.section());
    }

    // Takes AIDE's database and configuration as they are for good.
    static void accept(Subscriber& subscriber) {
        const auto diff = subscriber.client().diff_baseline("aide");
        (void)subscriber.client().accept_baseline("aide", diff.digest, {}, "delivered so");
    }
};

}  // namespace

TEST_CASE(
    "a file that AIDE finds changed, added or removed reaches a subscriber, and so does its return [REQ-1] [REQ-2]") {
    if (!skip_unless(AideTree::possible(), "aide is not installed")) return;
    Device device;
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));  // no accepted baseline yet
    Device::accept(subscriber);
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_INTACT));

    device.tree.write("etc/one", "ONE\n");
    device.tree.remove("etc/two");
    device.tree.write("etc/three", "three\n");
    CHECK(device.tree.check() == 7);
    CHECK(subscriber.wait_for("raised", "aide.entry.changed", device.tree.path("etc/one")));
    CHECK(subscriber.wait_for("raised", "aide.entry.removed", device.tree.path("etc/two")));
    CHECK(subscriber.wait_for("raised", "aide.entry.added", device.tree.path("etc/three")));
    CHECK(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));
    CHECK(integrity_verdict_at((device.daemon.runtime_dir() + "/state").c_str(), nullptr) == INTEGRITY_VIOLATED);

    device.tree.write("etc/one", "one\n");
    device.tree.write("etc/two", "two\n");
    device.tree.remove("etc/three");
    CHECK(device.tree.check() == 0);
    // The verdict may be known before the last event is told.
    CHECK(subscriber.wait_for("returned", "aide.entry.changed", device.tree.path("etc/one")));
    CHECK(subscriber.wait_for("returned", "aide.entry.removed", device.tree.path("etc/two")));
    CHECK(subscriber.wait_for("returned", "aide.entry.added", device.tree.path("etc/three")));
    CHECK(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));  // gone, and nobody has seen it

    std::vector<std::uint64_t> ids;
    for (const auto& event : subscriber.events) {
        if (event.type() == "returned" && event.violation().source() == "aide") ids.push_back(event.violation().id());
    }
    CHECK(ids.size() == 3);
    subscriber.client().acknowledge(ids, "seen");
    CHECK(subscriber.wait_for_verdict(INTEGRITY_INTACT));
    CHECK(subscriber.wait_for("resolved", "aide.entry.changed", device.tree.path("etc/one")));
    CHECK(subscriber.client().verify_events().intact);
    CHECK(device.daemon.stop());
    CHECK(integrity_verdict_at((device.daemon.runtime_dir() + "/state").c_str(), nullptr) == INTEGRITY_UNKNOWN);
}

TEST_CASE("a replaced AIDE database is told, and nothing it hides is taken back [REQ-12]") {
    if (!skip_unless(AideTree::possible(), "aide is not installed")) return;
    Device device;
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
    Device::accept(subscriber);
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_INTACT));
    device.tree.write("etc/one", "ONE\n");
    (void)device.tree.check();
    REQUIRE(subscriber.wait_for("raised", "aide.entry.changed"));

    device.tree.accept_tree();  // the attacker makes the change the new truth
    CHECK(device.tree.check() == 0);
    CHECK(subscriber.wait_for("raised", "aide.database.changed"));
    CHECK(subscriber.client().status().verdict() == INTEGRITY_VIOLATED);
    CHECK(subscriber.find("returned", "aide.entry.changed") == nullptr);
    CHECK(subscriber.find("resolved", "aide.entry.changed") == nullptr);
}

TEST_CASE("who was away gets what he missed, over a restart of the daemon [REQ-7]") {
    if (!skip_unless(AideTree::possible(), "aide is not installed")) return;
    Device device;
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
    CHECK(device.daemon.stop());
    CHECK(subscriber.wait_until([&] { return subscriber.lost == 1; }));
    device.tree.write("etc/one", "ONE\n");
    (void)device.tree.check();
    REQUIRE(device.daemon.start());
    CHECK(subscriber.wait_for("raised", "aide.entry.changed", device.tree.path("etc/one")));
    CHECK(subscriber.back == subscriber.lost);
    CHECK(subscriber.wait_for_notice("self.stopped"));
    std::uint64_t last = 0;
    for (const auto& event : subscriber.events) {
        if (last != 0) CHECK(event.sequence() == last + 1);
        last = event.sequence();
    }
}

TEST_CASE("the daemon goes on without a bus and catches up [REQ-33]") {
    if (!skip_unless(AideTree::possible(), "aide is not installed")) return;
    Device device;
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
    device.bus.stop();
    device.tree.write("etc/two", "TWO\n");
    (void)device.tree.check();
    device.bus.start();
    CHECK(subscriber.wait_for("raised", "aide.entry.changed", device.tree.path("etc/two")));
    CHECK(device.daemon.stop());
}

TEST_CASE("a bus that comes later is no reason not to start [REQ-33]") {
    if (!skip_unless(AideTree::possible(), "aide is not installed")) return;
    Device device;
    device.bus.stop();
    REQUIRE(device.daemon.start());
    device.bus.start();
    Subscriber subscriber;
    CHECK(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
}
