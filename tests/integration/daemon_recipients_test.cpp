// Recipients of the real daemon: reached, gone, back; and the message that tests them.
#include <cerrno>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>

#include <catch2/catch.hpp>

#include "support/device.hpp"
#include "support/json_lines_peer.hpp"
#include "support/skip.hpp"

using namespace integrityd::test;

namespace {

std::string product_recipient(const Device& device) {
    return "[[notify.recipient]]\nname = \"bus\"\ntype = \"dbus\"\nrequired = true\n"
           "[[notify.recipient]]\nname = \"product\"\ntype = \"unix\"\nrequired = true\ntarget = \"" +
           device.directory / "product\"\n";
}

// The value of "sequence" in a line.
std::uint64_t sequence_of(const std::string& line) {
    const std::string name = "\"sequence\":";
    const std::size_t at = line.find(name);
    REQUIRE(at != std::string::npos);
    return std::stoull(line.substr(at + name.size()));
}

void check_in_order(const std::vector<std::string>& lines) {
    for (std::size_t i = 1; i < lines.size(); ++i)
        CHECK(sequence_of(lines[i]) == sequence_of(lines[i - 1]) + 1);
}

int code_of(const std::function<void()>& call) {
    try {
        call();
        return 0;
    } catch (const integrity::Error& error) {
        return error.code();
    }
}

// /run and /dev/log as a device has them, seen by this process and its children alone.
bool enter_own_system() {
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0) return false;
    if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
    if (mount("tmpfs", "/run", "tmpfs", 0, "mode=755") != 0) return false;
    std::filesystem::create_directories("/run/systemd/journal");
    // Over what is there nothing is created: the rest of /dev stays reachable below the new one.
    if (mount("tmpfs", "/mnt", "tmpfs", 0, "mode=755") != 0) return false;
    for (const char* device : {"null", "zero", "urandom", "random"}) {
        std::ofstream("/mnt/" + std::string(device)).flush();
        if (mount(("/dev/" + std::string(device)).c_str(), ("/mnt/" + std::string(device)).c_str(), nullptr, MS_BIND,
                  nullptr) != 0) {
            return false;
        }
    }
    return mount("/mnt", "/dev", nullptr, MS_BIND | MS_REC, nullptr) == 0;
}

// Datagrams until one holds this text; "" after failure_bound.
std::string datagram_with(int fd, const std::string& text) {
    const auto late = std::chrono::steady_clock::now() + failure_bound;
    for (;;) {
        pollfd ready{fd, POLLIN, 0};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(late - std::chrono::steady_clock::now());
        if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) <= 0) return "";
        const auto datagram = receive_datagram(fd);
        if (datagram.bytes.find(text) != std::string::npos) return datagram.bytes;
    }
}

}  // namespace

TEST_CASE(
    "a required recipient that goes away is told through the others, and gets the rest in order [REQ-4] [REQ-3]") {
    Device device;
    device.configure(product_recipient(device));
    JsonLinesPeer peer(device.directory / "product");
    device.put_report({});
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
    REQUIRE(peer.wait_for("\"new\":\"degraded\""));
    CHECK_NOTHROW(subscriber.client().test_recipient("product"));
    REQUIRE(peer.wait_for("notify.tested"));

    peer.leave();
    device.put_report({"/etc/motd"});
    REQUIRE(subscriber.wait_for("raised", "aide.entry.changed", "/etc/motd"));
    REQUIRE(subscriber.wait_for("raised", "self.notify.failed", "product"));
    CHECK(code_of([&] { subscriber.client().test_recipient("product"); }) == EIO);
    CHECK(code_of([&] { subscriber.client().test_recipient("nobody"); }) == ENOENT);

    SECTION("back, and asked to be tried") {
        peer.listen();
        CHECK_NOTHROW(subscriber.client().test_recipient("product"));
    }
    SECTION("back by itself") {
        peer.listen();
    }
    SECTION("back after the daemon was started again") {
        REQUIRE(device.daemon.stop());
        peer.listen();
        REQUIRE(device.daemon.start());
    }
    REQUIRE(peer.wait_for("\"/etc/motd\""));
    REQUIRE(subscriber.wait_for("returned", "self.notify.failed", "product"));
    REQUIRE(peer.wait_for("\"type\":\"returned\""));
    check_in_order(peer.lines());
    CHECK(device.daemon.stop());
    // The bus is required too, and no start or end of the daemon is an outage of it.
    CHECK(subscriber.find("raised", "self.notify.failed", "bus") == nullptr);
}

TEST_CASE("who is not required any more, or not configured, is not waited for [REQ-4]") {
    Device device;
    device.configure(product_recipient(device));
    device.put_report({});
    REQUIRE(device.daemon.start());  // nobody listens
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));
    SECTION("on reload") {
        device.configure();
        device.daemon.send(SIGHUP);
    }
    SECTION("at a new start") {
        REQUIRE(device.daemon.stop());
        device.configure();
        REQUIRE(device.daemon.start());
    }
    CHECK(subscriber.wait_for("returned", "self.notify.failed", "product"));
    CHECK(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
    CHECK(device.daemon.stop());
}

TEST_CASE("journal and syslog get what the recipient asked for, with its fields [REQ-3] [REQ-18]") {
    if (!skip_unless(enter_own_system(), "needs root and a mount namespace for /run and /dev")) return;
    const auto journal = bind_unix("/run/systemd/journal/socket", SOCK_DGRAM);
    const auto syslog = bind_unix("/dev/log", SOCK_DGRAM);
    Device device;
    device.configure(
        "[[notify.recipient]]\nname = \"bus\"\ntype = \"dbus\"\n"
        "[[notify.recipient]]\nname = \"journal\"\ntype = \"journal\"\n"
        "[[notify.recipient]]\nname = \"syslog\"\ntype = \"syslog\"\ntarget = \"local3\"\nmin_severity = \"high\"\n"
        "sources = [\"aide\"]\n");
    device.put_report({"/etc/motd"});
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));

    const std::string entry = datagram_with(journal.get(), "INTEGRITY_KIND=aide.entry.changed\n");
    CHECK(entry.find("\nPRIORITY=3\n") != std::string::npos);
    CHECK(entry.find("INTEGRITY_SUBJECT=/etc/motd\n") != std::string::npos);
    CHECK(entry.find("INTEGRITY_TYPE=raised\n") != std::string::npos);
    CHECK(entry.find("MESSAGE_ID=") != std::string::npos);
    // local3 is facility 19: 19 * 8 + 3. The blindness of the watcher (medium, self) is not for it.
    const std::string first = datagram_with(syslog.get(), "");
    CHECK(first.starts_with("<155>"));
    CHECK(first.find("aide.entry.changed /etc/motd: ") != std::string::npos);
    CHECK_NOTHROW(subscriber.client().test_recipient("syslog"));
    CHECK(!datagram_with(syslog.get(), "notify.tested").empty());
    CHECK(device.daemon.stop());
}
