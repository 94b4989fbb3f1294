// What was accepted: the daemon's own configuration, and documents that somebody edits behind its back.
#include <cerrno>
#include <signal.h>

#include <catch2/catch.hpp>

#include "support/device.hpp"
#include "support/skip.hpp"

using namespace integrityd::test;

namespace {

void reload(DaemonProcess& daemon) {
    daemon.send(SIGHUP);
    REQUIRE(daemon.wait_for_notice("RELOADING=1"));
    REQUIRE(daemon.wait_for_notice("READY=1"));
}

// A file in which one byte is another one.
void edit(const std::string& path) {
    std::string text = content_of(path);
    REQUIRE(text.size() > 10);
    text[text.size() / 2] ^= 1;
    std::ofstream(path, std::ios::trunc | std::ios::binary) << text;
}

// A device whose database was accepted, and whoever listens to it.
struct AcceptedDevice : Device {
    std::unique_ptr<Subscriber> listener;

    AcceptedDevice() {
        deliver();
        REQUIRE(daemon.start());
        listener = std::make_unique<Subscriber>();
        REQUIRE(listener->wait_for_verdict(INTEGRITY_DEGRADED));
        accept(*listener, "aide");
        REQUIRE(listener->wait_for_verdict(INTEGRITY_INTACT));
    }
};

int code_of(const std::function<void()>& call) {
    try {
        call();
        return 0;
    } catch (const integrity::Error& error) {
        return error.code();
    }
}

}  // namespace

TEST_CASE("a configuration that differs from the accepted one is told until it is accepted [REQ-16] [REQ-20]") {
    Device device;
    device.put_report({});
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
    Device::accept(subscriber, "self");
    REQUIRE(subscriber.wait_for_notice("baseline.accepted"));
    CHECK(subscriber.events.back().by()["uid"].number(1) == geteuid());

    SECTION("another setting") {
        device.configure("", "log_level = \"debug\"\n");
        reload(device.daemon);
        CHECK(subscriber.wait_for("raised", "self.config.changed"));
        const auto changed = subscriber.find("raised", "self.config.changed")->violation();
        CHECK(changed.details()["differences"]["daemon.log_level"]["effective"].text() == "debug");
        CHECK(subscriber.find("raised", "self.coverage.reduced") == nullptr);
    }
    SECTION("a watcher less") {
        device.daemon.write_config(device.tree.section() + "enabled = false\n");
        reload(device.daemon);
        CHECK(subscriber.wait_for("raised", "self.config.changed"));
        CHECK(subscriber.wait_for("raised", "self.coverage.reduced"));
    }
    SECTION("a severity lowered, found at a new start") {
        REQUIRE(device.daemon.stop());
        device.configure(
            "[[severity.rule]]\nname = \"all\"\nkind = \"aide.*\"\nseverity = \"low\"\n"
            "reason = \"quiet\"\n");
        REQUIRE(device.daemon.start());
        CHECK(subscriber.wait_for("raised", "self.config.changed"));
        CHECK(subscriber.wait_for("raised", "self.coverage.reduced"));
    }
    CHECK(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));
    Device::accept(subscriber, "self");
    CHECK(subscriber.wait_for("resolved", "self.config.changed"));
    CHECK(subscriber.wait_until([&] { return subscriber.verdict != INTEGRITY_VIOLATED; }));
    CHECK(device.daemon.stop());
}

TEST_CASE("a baseline document that was edited is told, and nothing is judged by it [REQ-15] [REQ-14]") {
    if (!skip_unless(AideTree::possible(), "aide is not installed")) return;
    AcceptedDevice device;
    Subscriber& subscriber = *device.listener;

    SECTION("found at a new start") {
        REQUIRE(device.daemon.stop());
        edit(device.daemon.state_dir() + "/baseline/aide.json");
        REQUIRE(device.daemon.start());
    }
    SECTION("found on reload") {
        edit(device.daemon.state_dir() + "/baseline/aide.json");
        reload(device.daemon);
    }
    SECTION("gone") {
        std::filesystem::remove(device.daemon.state_dir() + "/baseline/aide.json");
        reload(device.daemon);
    }
    REQUIRE(subscriber.wait_for("raised", "self.baseline.tampered", "aide"));
    CHECK(subscriber.wait_for("raised", "self.watcher.blind", "aide"));
    CHECK(subscriber.client().watcher("aide").state == "blind");
    CHECK(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));

    Device::accept(subscriber, "aide");
    CHECK(subscriber.wait_for("resolved", "self.baseline.tampered", "aide"));
    CHECK(subscriber.wait_for_verdict(INTEGRITY_INTACT));
    CHECK(device.daemon.stop());
}

TEST_CASE("an acceptance of what is not there any more is refused and changes nothing [REQ-15]") {
    if (!skip_unless(AideTree::possible(), "aide is not installed")) return;
    Device device;
    device.deliver();
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
    const std::string shown = subscriber.client().diff_baseline("aide").digest;
    const std::string own = subscriber.client().diff_baseline("self").digest;

    // Between looking and accepting, another configuration and another database slip in.
    device.configure("", "log_level = \"debug\"\n");
    device.tree.write("etc/three", "three\n");
    device.tree.accept_tree();
    reload(device.daemon);
    REQUIRE(subscriber.wait_until([&] {
        try {
            return subscriber.client().diff_baseline("aide").digest != shown;
        } catch (const integrity::Error& error) {
            return error.code() == EBUSY ? false : throw;
        }
    }));
    const std::uint64_t before = subscriber.client().status().last_sequence();
    CHECK(code_of([&] { subscriber.client().accept_baseline("aide", shown, {}, "too late"); }) == ESTALE);
    CHECK(code_of([&] { subscriber.client().accept_baseline("self", own, {}, "too late"); }) == ESTALE);
    CHECK(subscriber.client().status().last_sequence() == before);
    CHECK(!std::filesystem::exists(device.daemon.state_dir() + "/baseline"));
    CHECK(device.daemon.stop());
}

TEST_CASE("an exported baseline is imported, and what cannot be is refused by name [REQ-15]") {
    if (!skip_unless(AideTree::possible(), "aide is not installed")) return;
    AcceptedDevice device;
    Subscriber& subscriber = *device.listener;
    auto& client = subscriber.client();
    const std::string exported = client.report("baseline/aide");
    const std::string document = exported.substr(exported.find("{\"content\""));
    const std::string aide = document.substr(0, document.find(",\"state\"")) + "}";

    device.tree.write("etc/three", "three\n");
    device.tree.accept_tree();
    CHECK(subscriber.wait_for("raised", "aide.database.changed"));
    Device::accept(subscriber, "aide");
    CHECK(subscriber.wait_for("resolved", "aide.database.changed"));
    const auto known = subscriber.events.size();
    CHECK_FALSE(client.import_baseline("aide", aide, "back to what was delivered").empty());
    CHECK(subscriber.wait_until([&] { return subscriber.events.size() > known; }));
    CHECK(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));

    CHECK(code_of([&] { (void)client.import_baseline("aide", "{}", ""); }) == EINVAL);
    CHECK(code_of([&] { (void)client.import_baseline("self", aide, ""); }) == EINVAL);
    CHECK(code_of([&] { (void)client.import_baseline("audit", aide, ""); }) == EINVAL);
    CHECK(code_of([&] { (void)client.import_baseline("none", aide, ""); }) == ENOENT);
    CHECK(code_of([&] { (void)client.report("none"); }) == ENOENT);
    CHECK(code_of([&] { (void)client.report("audit"); }) == ENOENT);
    CHECK(device.daemon.stop());
}
