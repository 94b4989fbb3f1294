// A database that was damaged while the daemon was away, and while it used it.
#include <fcntl.h>
#include <random>
#include <sqlite3.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "support/device.hpp"
#include "support/file_watch.hpp"

using namespace integrityd::test;

namespace {

std::string noise(std::size_t size) {
    std::mt19937 random(4711);
    std::string bytes(size, '\0');
    for (char& byte : bytes)
        byte = static_cast<char>(random());
    return bytes;
}

// In place: the daemon may have the file open.
void overwrite(const std::string& path) {
    const auto size = static_cast<std::size_t>(std::filesystem::file_size(path));
    const integrityd::UniqueFd fd(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    const std::string bytes = noise(size);
    REQUIRE(pwrite(fd.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(size));
}

std::vector<std::string> many_files() {
    std::vector<std::string> paths;
    for (unsigned i = 0; i < 900; ++i)
        paths.push_back("/srv/file-" + std::to_string(i));
    return paths;
}

struct Head {
    std::string stream;
    std::uint64_t sequence;
    std::uint64_t id;
};

Head head_of(Subscriber& subscriber) {
    const auto status = subscriber.client().status();
    Head head{std::string(status.stream()), status.last_sequence(), 0};
    subscriber.client().for_each_violation({.state = "all"},
                                           [&](const integrity::Violation& one) { head.id = one.id(); });
    return head;
}

// The new chain goes on above the old one, and its first event names where that ended.
void check_new_chain(Subscriber& subscriber, const Head& old, const std::string& first_notice) {
    CHECK(subscriber.stream_changes == 1);
    CHECK(subscriber.snapshots == 2);
    const auto status = subscriber.client().status();
    CHECK(status.stream() != old.stream);
    const auto page = subscriber.client().event_page(0, 1000);
    REQUIRE(!page.events.empty());
    CHECK(page.stream == status.stream());
    const auto& first = page.events.front();
    CHECK(first.sequence() > old.sequence);
    CHECK(first.data()["kind"].text() == first_notice);
    CHECK(first.data()["old_stream"].text() == old.stream);
    CHECK(first.data()["old_sequence"].number() >= old.sequence);
    CHECK(first.data()["old_hash"].text().size() == 64);
    CHECK(subscriber.client().verify_events().intact);
    for (const auto& event : page.events) {
        if (event.type() == "raised") CHECK(event.violation().id() > old.id);
    }
}

bool knows(const Subscriber& subscriber, const std::string& kind) {
    for (const auto& [id, violation] : subscriber.snapshot) {
        if (violation.kind() == kind) return true;
    }
    return subscriber.find("raised", kind) != nullptr;
}

}  // namespace

TEST_CASE("a database that was damaged while the daemon was away is set aside and told [REQ-23]") {
    Device device;
    device.put_report({"/etc/motd", "/etc/passwd"});
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));
    const Head old = head_of(subscriber);
    REQUIRE(device.daemon.stop());

    const std::string database = device.daemon.state_dir() + "/store.db";
    const std::string aside = device.daemon.state_dir() + "/store.damaged-1";
    std::string damaged;
    bool there = true;
    SECTION("overwritten") {
        overwrite(database);
        damaged = content_of(database);
    }
    SECTION("cut off") {
        std::filesystem::resize_file(database, std::filesystem::file_size(database) / 2 + 100);
        damaged = content_of(database);
    }
    SECTION("emptied") {
        std::filesystem::resize_file(database, 0);
    }
    SECTION("gone") {
        std::filesystem::remove(database);
        there = false;
    }
    REQUIRE(device.daemon.start());
    REQUIRE(subscriber.wait_until([&] {
        return subscriber.stream_changes == 1 && subscriber.snapshots == 2 && knows(subscriber, "self.store.damaged") &&
               knows(subscriber, "aide.entry.changed");
    }));
    check_new_chain(subscriber, old, "self.started");
    CHECK(content_of(aside) == damaged);
    CHECK(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));
    CHECK(device.daemon.stop());
    CHECK(std::filesystem::exists(aside) == there);
}

TEST_CASE("a database that is damaged while it is used is set aside, and everything open goes on [REQ-23] [REQ-6]") {
    Device device;
    device.put_report(many_files());
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));
    Device::accept(subscriber, "self");
    const Head old = head_of(subscriber);

    overwrite(device.daemon.state_dir() + "/store.db");
    overwrite(device.daemon.state_dir() + "/store.db-wal");
    try {
        (void)subscriber.client().event_page(0, 1000);
    } catch (const integrity::Error&) {
        // What cannot be read any more cannot be answered.
    }
    auto changed = many_files();
    changed.emplace_back("/etc/passwd");
    device.put_report(changed);
    REQUIRE(subscriber.wait_until([&] {
        return subscriber.stream_changes == 1 && subscriber.snapshots == 2 && knows(subscriber, "self.store.damaged");
    }));
    check_new_chain(subscriber, old, "stream.begun");
    CHECK(std::filesystem::exists(device.daemon.state_dir() + "/store.damaged-1"));
    std::size_t open = 0;
    integrity::Filter filter;
    filter.kinds = {"aide.entry.changed"};
    CHECK(subscriber.wait_until([&] {
        open = 0;
        subscriber.client().for_each_violation(filter, [&](const auto&) { ++open; });
        return open == changed.size();
    }));
    // What was accepted is known as before.
    CHECK(subscriber.client().report("baseline").find("tampered") == std::string::npos);
    const unsigned lost = subscriber.lost;
    REQUIRE(device.daemon.stop());
    REQUIRE(device.daemon.start());
    REQUIRE(subscriber.wait_until([&] { return subscriber.lost > lost && subscriber.back == subscriber.lost; }));
    CHECK(subscriber.client().report("baseline").find("tampered") == std::string::npos);
    CHECK(subscriber.client().verify_events().intact);
    CHECK(device.daemon.stop());
}

TEST_CASE("violations that cannot be read any more are no reason to call the machine back [REQ-9] [REQ-23]") {
    Device device;
    device.configure("[reaction]\nmin_severity = \"high\"\nsources = [\"aide\"]\n");
    device.put_report({"/etc/passwd"});
    REQUIRE(device.daemon.start());
    const std::string flag = device.daemon.runtime_dir() + "/violated";
    REQUIRE(wait_in_directory(device.daemon.runtime_dir(), [&] { return std::filesystem::exists(flag); }));
    REQUIRE(device.daemon.stop());

    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open((device.daemon.state_dir() + "/store.db").c_str(), &database) == SQLITE_OK);
    CHECK(sqlite3_exec(database, "UPDATE violations SET value='{'", nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
    device.put_report({});
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_until([&] { return knows(subscriber, "self.store.damaged"); }));
    REQUIRE(subscriber.wait_until([&] { return subscriber.client().try_verdict() != INTEGRITY_UNKNOWN; }));
    CHECK(std::filesystem::exists(flag));
    CHECK(subscriber.client().verify_events().intact);
    REQUIRE(device.daemon.stop());

    // Nor for the run after that, whose store is sound and knows of nothing.
    REQUIRE(device.daemon.start());
    REQUIRE(subscriber.wait_until([&] { return subscriber.back == subscriber.lost && subscriber.back > 0; }));
    REQUIRE(subscriber.wait_until([&] { return subscriber.client().try_verdict() != INTEGRITY_UNKNOWN; }));
    CHECK(std::filesystem::exists(flag));
    // The next one that is over and was seen takes it away.
    device.put_report({"/etc/shadow"});
    REQUIRE(subscriber.wait_for("raised", "aide.entry.changed", "/etc/shadow"));
    device.put_report({});
    REQUIRE(subscriber.wait_for("returned", "aide.entry.changed", "/etc/shadow"));
    const auto id = subscriber.find("returned", "aide.entry.changed")->violation().id();
    subscriber.client().acknowledge(std::vector{id}, "put back");
    CHECK(wait_in_directory(device.daemon.runtime_dir(), [&] { return !std::filesystem::exists(flag); }));
    CHECK(device.daemon.stop());
}
