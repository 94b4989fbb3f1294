// The state file and the latched flags of the real daemon.
#include <csignal>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "support/device.hpp"
#include "support/file_watch.hpp"
#include "support/skip.hpp"

using namespace integrityd::test;

namespace {

bool exists(const std::string& path) {
    return std::filesystem::exists(path);
}

unsigned mode_of(const std::string& path) {
    struct stat status {};
    REQUIRE(stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

std::uint64_t id_of(const Subscriber& subscriber, const std::string& type, const std::string& kind) {
    const auto* event = subscriber.find(type, kind);
    REQUIRE(event != nullptr);
    return event->violation().id();
}

}  // namespace

TEST_CASE("a critical violation latches the flag, and only its acknowledged end restores [REQ-9] [REQ-28]") {
    if (!skip_unless(AideTree::possible(), "aide is not installed")) return;
    Device device;
    device.deliver();
    const std::string database = content_of(device.tree.database());
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
    Device::accept(subscriber, "aide");
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_INTACT));
    const std::string violated = device.daemon.runtime_dir() + "/violated";
    const std::string restored = device.daemon.runtime_dir() + "/restored";
    CHECK(!exists(violated));
    CHECK(!exists(restored));

    // High is not critical.
    device.put_report({device.tree.path("etc/one")});
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));
    CHECK(!exists(violated));
    std::ofstream(device.tree.database(), std::ios::app) << "# another\n";
    REQUIRE(subscriber.wait_for("raised", "aide.database.changed"));
    CHECK(exists(violated));
    CHECK(mode_of(violated) == 0640);
    CHECK(mode_of(device.state_file()) == 0640);
    CHECK(mode_of(device.daemon.state_dir() + "/store.db") == 0600);

    std::ofstream(device.tree.database(), std::ios::trunc) << database;
    REQUIRE(subscriber.wait_for("returned", "aide.database.changed"));
    CHECK(exists(violated));
    CHECK(!exists(restored));
    // Latched: neither an end of the daemon nor a new start takes it away.
    SECTION("ended in order") {
        REQUIRE(device.daemon.stop());
        CHECK(integrity_verdict_at(device.state_file().c_str(), nullptr) == INTEGRITY_UNKNOWN);
        CHECK(exists(violated));
        REQUIRE(device.daemon.start());
    }
    SECTION("killed") {
        device.daemon.send(SIGKILL);
        (void)device.daemon.wait();
        CHECK(exists(violated));
        REQUIRE(device.daemon.start());
    }
    SECTION("going on") {}
    REQUIRE(subscriber.wait_until([&] { return subscriber.back == subscriber.lost; }));
    REQUIRE(subscriber.wait_until([&] { return subscriber.client().try_verdict() != INTEGRITY_UNKNOWN; }));
    CHECK(exists(violated));
    const std::uint64_t id = id_of(subscriber, "returned", "aide.database.changed");
    subscriber.client().acknowledge(std::vector{id}, "put back");
    CHECK(wait_in_directory(device.daemon.runtime_dir(), [&] { return exists(restored); }));
    CHECK(!exists(violated));
    CHECK(device.daemon.stop());
}

TEST_CASE("the state file says what the daemon says, with the sequence that it takes into account [REQ-9] [REQ-8]") {
    Device device;
    device.put_report({"/etc/motd"});
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));
    REQUIRE(wait_in_directory(device.daemon.runtime_dir(), [&] {
        integrity_verdict_data data{};
        const int word = integrity_verdict_at(device.state_file().c_str(), &data);
        const auto status = subscriber.client().status();
        return word == INTEGRITY_VIOLATED && data.sequence == status.last_sequence() &&
               integrity::Time(integrity::Duration(static_cast<std::int64_t>(data.since))) == status.since() &&
               std::string(data.reason).find("aide.entry.changed /etc/motd") == 0;
    }));
    CHECK(device.daemon.stop());
    integrity_verdict_data data{};
    CHECK(integrity_verdict_at(device.state_file().c_str(), &data) == INTEGRITY_UNKNOWN);
    CHECK(std::string(data.reason) == "the daemon has ended");
}
