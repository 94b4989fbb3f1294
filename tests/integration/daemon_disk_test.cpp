// The daemon on a disk that is full, or not there yet.
#include <algorithm>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "support/device.hpp"
#include "support/file_watch.hpp"
#include "support/skip.hpp"
#include "support/small_disk.hpp"

using namespace integrityd::test;

namespace {

std::vector<std::string> paths(const std::string& stem, unsigned count, std::size_t length = 0) {
    std::vector<std::string> all;
    for (unsigned i = 0; i < count; ++i)
        all.push_back("/srv/" + stem + std::string(length, 'a') + std::to_string(i));
    return all;
}

std::uint64_t counter(Subscriber& subscriber, const std::string& name) {
    for (const auto& [counted, value] : subscriber.client().watcher("aide").counters) {
        if (counted == name) return value;
    }
    return 0;
}

unsigned count_raised(const Subscriber& subscriber) {
    unsigned count = 0;
    for (const auto& event : subscriber.events) {
        if (event.type() == "raised" && event.violation().kind() == "aide.entry.changed") ++count;
    }
    return count;
}

void check_no_gap(Subscriber& subscriber) {
    for (std::size_t i = 1; i < subscriber.events.size(); ++i)
        REQUIRE(subscriber.events[i].sequence() == subscriber.events[i - 1].sequence() + 1);
    CHECK(subscriber.missed == 0);
    CHECK(subscriber.stream_changes == 0);
    CHECK(subscriber.client().verify_events().intact);
}

void wait_until_unwritable(Device& device) {
    REQUIRE(wait_in_directory(device.directory.path(),
                              [&] { return device.daemon.errors().find("not yet stored") != std::string::npos; }));
}

// Fills the disk and waits until an event finds no room.
void until_unwritable(Device& device, const SmallDisk& disk, const std::vector<std::string>& changed) {
    disk.fill();
    device.put_report(changed);
    wait_until_unwritable(device);
}

}  // namespace

TEST_CASE("on a full disk the verdict follows at once, and the events are told when there is room [REQ-22] [REQ-5]") {
    Device device;
    const SmallDisk disk(device.daemon.state_dir());
    if (!skip_unless(disk.mounted(), "needs root and a mount namespace for a small disk")) return;
    device.put_report({});
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));

    until_unwritable(device, disk, paths("file-", 200));
    const std::string verdict = device.state_file();
    CHECK(wait_in_directory(device.daemon.runtime_dir(),
                            [&] { return integrity_verdict_at(verdict.c_str(), nullptr) == INTEGRITY_VIOLATED; }));
    CHECK(subscriber.client().status().verdict() == INTEGRITY_VIOLATED);
    CHECK(subscriber.client().status().open("high") == 200);
    subscriber.take_what_is_there();
    CHECK(count_raised(subscriber) == 0);  // nobody is told of what a power cut could undo

    disk.make_room();
    CHECK(subscriber.wait_for("returned", "self.store.unwritable", "store"));
    CHECK(subscriber.find("raised", "self.store.unwritable", "store") != nullptr);
    CHECK(count_raised(subscriber) == 200);
    CHECK(subscriber.find("raised", "self.queue.overflow") == nullptr);
    check_no_gap(subscriber);
    CHECK(device.daemon.stop());
}

TEST_CASE("what finds no room in memory either is counted exactly, and no violation is forgotten [REQ-22] [REQ-31]") {
    Device device;
    const SmallDisk disk(device.daemon.state_dir());
    if (!skip_unless(disk.mounted(), "needs root and a mount namespace for a small disk")) return;
    device.configure("max_entries = 3000\n");
    device.put_report({});
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));

    auto changed = paths("first-", 200);
    until_unwritable(device, disk, changed);
    // Each of these takes about 6 KB: more than the 8 MiB that are kept.
    const auto many = paths("second-", 2500, 2500);
    changed.insert(changed.end(), many.begin(), many.end());
    const std::uint64_t reports = counter(subscriber, "reports");
    device.put_report(changed);
    REQUIRE(subscriber.wait_until([&] { return counter(subscriber, "reports") > reports; }));
    REQUIRE(subscriber.client().status().open("high") == changed.size());

    disk.make_room();
    changed.emplace_back("/etc/passwd");  // what happens next is reason enough to try again
    device.put_report(changed);
    REQUIRE(subscriber.wait_for("raised", "self.queue.overflow", "store"));
    const auto overflow = subscriber.find("raised", "self.queue.overflow")->violation();
    const std::uint64_t dropped = overflow.details()["dropped"].number();
    CHECK(dropped > 0);
    // The last one may have come before there was room, or after.
    CHECK(subscriber.wait_until([&] { return count_raised(subscriber) + dropped >= changed.size(); }));
    CHECK(count_raised(subscriber) + dropped == changed.size());
    std::size_t kept = 0;
    integrity::Filter filter;
    filter.kinds = {"aide.entry.changed"};
    subscriber.client().for_each_violation(filter, [&](const auto&) { ++kept; });
    CHECK(kept == changed.size());
    check_no_gap(subscriber);
    CHECK(device.daemon.stop());
}

TEST_CASE("a store that is damaged while the disk is full is replaced with all that is open [REQ-22] [REQ-23]") {
    Device device;
    const SmallDisk disk(device.daemon.state_dir());
    if (!skip_unless(disk.mounted(), "needs root and a mount namespace for a small disk")) return;
    device.put_report(paths("file-", 50));
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));

    for (const char* name : {"/store.db", "/store.db-wal"}) {
        const std::string path = device.daemon.state_dir() + name;
        const integrityd::UniqueFd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
        const std::string noise(std::filesystem::file_size(path), '\x55');
        REQUIRE(write(file.get(), noise.data(), noise.size()) == static_cast<ssize_t>(noise.size()));
    }
    until_unwritable(device, disk, paths("file-", 60));
    for (int question = 0; question < 3; ++question)
        CHECK_THROWS_AS(subscriber.client().event_page(0, 1000), integrity::Error);
    CHECK_FALSE(std::filesystem::exists(device.daemon.state_dir() + "/store.damaged-1"));

    disk.make_room();
    // In the new stream's snapshot, or in an event after it.
    REQUIRE(subscriber.wait_until([&] {
        const auto damaged = [](const auto& one) { return one.second.kind() == "self.store.damaged"; };
        return subscriber.find("raised", "self.store.damaged") != nullptr ||
               std::ranges::any_of(subscriber.snapshot, damaged);
    }));
    CHECK(subscriber.stream_changes == 1);
    CHECK(std::filesystem::exists(device.daemon.state_dir() + "/store.damaged-1"));
    CHECK_FALSE(std::filesystem::exists(device.daemon.state_dir() + "/store.damaged-2"));
    REQUIRE(device.daemon.stop());
    REQUIRE(device.daemon.start());
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));
    std::size_t present = 0;
    integrity::Filter filter;
    filter.kinds = {"aide.entry.changed"};
    subscriber.client().for_each_violation(filter, [&](const auto&) { ++present; });
    CHECK(present == 60);
    filter.kinds = {"self.store.damaged"};
    std::uint64_t told = 0;
    subscriber.client().for_each_violation(filter, [&](const auto& one) { told += one.count(); });
    CHECK(told == 1);
    CHECK(device.daemon.stop());
}

TEST_CASE("an end in order just when there is room again is known as one to the next start [REQ-14] [REQ-22]") {
    Device device;
    const SmallDisk disk(device.daemon.state_dir());
    if (!skip_unless(disk.mounted(), "needs root and a mount namespace for a small disk")) return;
    if (!skip_unless(AideTree::possible(), "aide is not installed")) return;
    // The store alone decides the verdict.
    device.configure(
        "[[severity.rule]]\nname = \"quiet\"\nkind = \"aide.*\"\nseverity = \"low\"\nreason = \"a test\"\n");
    device.deliver();
    REQUIRE(device.daemon.start());
    {
        Subscriber subscriber;
        REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
        Device::accept(subscriber, "aide");
        REQUIRE(subscriber.wait_for_verdict(INTEGRITY_INTACT));
        disk.fill();
        for (unsigned i = 0; i < 200; ++i)
            device.tree.write("etc/file-" + std::to_string(i), "new");
        (void)device.tree.check();
        wait_until_unwritable(device);
        disk.make_room();
        // Within the time after which the store is tried again: what follows from its working is told by the end alone.
        REQUIRE(device.daemon.stop());
    }
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    CHECK(subscriber.wait_for_verdict(INTEGRITY_INTACT));
    std::string previous;
    for (const auto& event : subscriber.client().event_page(0, 1000).events) {
        if (event.data()["kind"].text() == "self.started") previous = event.data()["previous"].text();
        if (event.type() == "raised") CHECK(event.violation().kind() != "self.coverage.gap");
    }
    CHECK(previous == "stopped");
    CHECK(device.daemon.stop());
}

TEST_CASE("what was not stored when the daemon ended is no reason to call the machine back [REQ-9] [REQ-22]") {
    Device device;
    const SmallDisk disk(device.daemon.state_dir());
    if (!skip_unless(disk.mounted(), "needs root and a mount namespace for a small disk")) return;
    device.configure("[reaction]\nmin_severity = \"high\"\n");
    device.put_report({});
    REQUIRE(device.daemon.start());
    {
        Subscriber subscriber;
        REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
    }
    const std::string flag = device.daemon.runtime_dir() + "/violated";
    until_unwritable(device, disk, paths("file-", 200));
    REQUIRE(wait_in_directory(device.daemon.runtime_dir(), [&] { return std::filesystem::exists(flag); }));
    device.daemon.send(SIGKILL);
    (void)device.daemon.wait();
    disk.make_room();
    device.put_report({});
    for (int run = 0; run < 2; ++run) {
        REQUIRE(device.daemon.start());
        Subscriber subscriber;
        REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
        CHECK(std::filesystem::exists(flag));
        REQUIRE(device.daemon.stop());
    }
    CHECK(std::filesystem::exists(flag));
}

TEST_CASE("a state directory that is not there yet is waited for, and that is said [REQ-22] [REQ-9]") {
    Device device;
    std::filesystem::remove(device.daemon.state_dir());
    std::filesystem::create_symlink(device.directory / "var", device.daemon.state_dir());
    device.put_report({"/etc/motd"});
    REQUIRE(device.daemon.start());
    CHECK(wait_in_directory(device.daemon.runtime_dir(), [&] {
        const std::string state = content_of(device.state_file());
        return state.find("VERDICT=unknown\n") != std::string::npos && state.find("store.db") != std::string::npos;
    }));
    CHECK(device.daemon.errors().find("the store cannot be opened, trying again") != std::string::npos);
    device.daemon.send(SIGHUP);
    CHECK(device.daemon.wait_for_notice("RELOADING=1"));
    CHECK(device.daemon.wait_for_notice("READY=1"));

    std::filesystem::create_directory(device.directory / "var");
    REQUIRE(device.daemon.wait_for_notice("STATUS=Verdict"));
    Subscriber subscriber;
    CHECK(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));
    CHECK(device.daemon.stop());
}
