// Who may do what with the real daemon, what is only recorded, and the chain as anybody can check it.
#include <array>
#include <cerrno>
#include <grp.h>
#include <openssl/evp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>

#include "support/device.hpp"
#include "support/skip.hpp"

using namespace integrityd::test;

namespace {

// What the library answers to another user: 0, or the errno. Runs in a process of its own.
int as_user(const Identity& who, const std::function<void(integrity::Client&)>& call) {
    const pid_t child = fork();
    if (child == 0) {
        int code = 255;
        if (setgroups(who.gids.size(), who.gids.data()) == 0 && setresgid(who.gids[0], who.gids[0], who.gids[0]) == 0 &&
            setresuid(who.uid, who.uid, who.uid) == 0) {
            try {
                integrity::Client client;
                call(client);
                code = 0;
            } catch (const integrity::Error& error) {
                code = error.code();
            }
        }
        _exit(code);
    }
    int status = 0;
    (void)waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string hex(const unsigned char* bytes, std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
        std::array<char, 3> pair{};
        (void)std::snprintf(pair.data(), pair.size(), "%02x", bytes[i]);
        text += pair.data();
    }
    return text;
}

}  // namespace

TEST_CASE("who may only read can look and follow, but not acknowledge, accept or ask for a check [REQ-25] [REQ-26]") {
    const std::string hindered = why_no_identities();
    if (!skip_unless(hindered.empty(), hindered)) return;
    Device device;
    REQUIRE(device.bus.share_users());  // the daemon looks up the groups
    device.put_report({"/etc/motd"});
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));
    std::uint64_t id = 0;
    REQUIRE(subscriber.wait_until([&] {
        subscriber.client().for_each_violation({}, [&](const integrity::Violation& one) {
            if (one.kind() == "aide.entry.changed") id = one.id();
        });
        return id != 0;
    }));
    const std::string digest = subscriber.client().diff_baseline("self").digest;
    const auto acknowledge = [&](integrity::Client& client) { client.acknowledge(std::vector{id}, "seen"); };

    for (const Identity& who : {kReader, kAuditor}) {
        CHECK(as_user(who, [&](auto& client) { (void)client.violation(id); }) == 0);
        CHECK(as_user(who, acknowledge) == EACCES);
        CHECK(as_user(who, [&](auto& client) { client.accept_baseline("self", digest, {}, "mine"); }) == EACCES);
        CHECK(as_user(who, [&](auto& client) { client.check_now("aide"); }) == EACCES);
        CHECK(as_user(who, [&](auto& client) { client.test_recipient("journal"); }) == EACCES);
    }
    CHECK(as_user(kStranger, [&](auto& client) { (void)client.violation(id); }) == EACCES);
    for (const auto& event : subscriber.client().event_page(0, 1000).events)
        CHECK(!event.by());  // nobody has asked for anything

    CHECK(as_user(kAdmin, acknowledge) == 0);
    REQUIRE(subscriber.wait_for("acknowledged", "aide.entry.changed", "/etc/motd"));
    const auto* told = subscriber.find("acknowledged", "aide.entry.changed");
    CHECK(told->by()["uid"].number() == kAdmin.uid);
    CHECK(subscriber.client().status().verdict() == INTEGRITY_VIOLATED);  // seen is not gone
    CHECK(device.daemon.stop());
}

TEST_CASE("what a rule only records is told and kept, and is no part of the verdict [REQ-8] [REQ-2]") {
    Device device;
    device.configure(
        "[[severity.rule]]\nname = \"motd\"\nkind = \"aide.entry.changed\"\nsubject = \"/etc/motd\"\n"
        "severity = \"record\"\nreason = \"edited daily\"\n");
    device.put_report({});
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
    device.put_report({"/etc/motd"});
    REQUIRE(subscriber.wait_for("raised", "aide.entry.changed", "/etc/motd"));
    CHECK(subscriber.find("raised", "aide.entry.changed")->violation().severity() == "record");
    CHECK(subscriber.client().status().verdict() == INTEGRITY_DEGRADED);
    unsigned kept = 0;
    subscriber.client().for_each_violation(
        {}, [&](const integrity::Violation& one) { kept += one.kind() == "aide.entry.changed" ? 1 : 0; });
    CHECK(kept == 1);
    device.put_report({});
    CHECK(subscriber.wait_for("resolved", "aide.entry.changed", "/etc/motd"));
    CHECK(device.daemon.stop());
}

TEST_CASE("the exported lines are the chain: anybody can compute its hashes [REQ-19]") {
    Device device;
    device.put_report({"/etc/motd", "/srv/\xc3\xa4", "/etc/passwd"});
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));
    device.put_report({});
    REQUIRE(subscriber.wait_for("returned", "aide.entry.changed", "/etc/passwd"));

    std::array<unsigned char, 32> hash{};
    std::uint64_t after = 0;
    std::uint64_t compared = 0;
    for (;;) {
        const auto lines = subscriber.client().export_events(after, 5);
        if (lines.empty()) break;
        const auto page = subscriber.client().event_page(after, static_cast<std::uint32_t>(lines.size()));
        REQUIRE(page.events.size() == lines.size());
        for (std::size_t i = 0; i < lines.size(); ++i) {
            std::string bytes(hash.begin(), hash.end());
            bytes += lines[i];
            REQUIRE(EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, EVP_sha256(), nullptr) == 1);
            REQUIRE(page.events[i].hash() == hex(hash.data(), hash.size()));
            after = page.events[i].sequence();
            ++compared;
        }
    }
    CHECK(compared == subscriber.client().status().last_sequence());
    CHECK(subscriber.client().verify_events().checked == compared);
    CHECK(device.daemon.stop());
}
