// The daemon as on the device: a user without any right, and the real broker that opens for it.
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <libaudit.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/opener.hpp"
#include "sources/audit_kernel.hpp"
#include "sources/audit_status.hpp"
#include "support/aide_tree.hpp"
#include "support/audit_host.hpp"
#include "support/broker_process.hpp"
#include "support/daemon_process.hpp"
#include "support/dbus_daemon.hpp"
#include "support/luks_maker.hpp"
#include "support/skip.hpp"
#include "support/subscriber.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

// AIDE's own user: neither the daemon nor, without its capability, the broker may read what is his.
constexpr uid_t aide_user = 61010;

void give_to_aide(const std::string& path, unsigned mode) {
    std::filesystem::permissions(path, std::filesystem::perms(mode));
    if (chown(path.c_str(), aide_user, aide_user) != 0) throw std::runtime_error(path);
}

bool may_read(uid_t user, const std::string& path) {
    const pid_t child = fork();
    if (child == 0) {
        const bool became = setgid(user) == 0 && setuid(user) == 0;
        _exit(became && open(path.c_str(), O_RDONLY | O_CLOEXEC) >= 0 ? 0 : 1);
    }
    int status = 0;
    (void)waitpid(child, &status, 0);
    return status == 0;
}

struct Device {
    TemporaryDirectory directory;
    AideTree tree{directory};
    DbusDaemon bus;
    DaemonProcess daemon{directory, bus.address()};
    BrokerProcess broker{directory / "broker", daemon.config_file(), kDaemonUser.uid};

    Device() {
        daemon.run_as(kDaemonUser.uid);
        tree.write("etc/one", "one\n");
        accept_tree();
        check();
        daemon.write_config("broker = \"" + broker.socket_path() + "\"\n" + tree.section());
    }
    // The database and the logs are AIDE's alone, each time.
    void accept_tree() const {
        tree.accept_tree();
        give_to_aide(tree.database(), 0600);
    }
    void check() const {
        (void)tree.check();
        give_to_aide(tree.report_log(), 0600);
        give_to_aide(directory / "log", 0700);
    }
    static void accept(Subscriber& subscriber) {
        const auto diff = subscriber.client().diff_baseline("aide");
        (void)subscriber.client().accept_baseline("aide", diff.digest, {}, "delivered so");
    }
    // Starts the daemon and accepts what is there.
    void start_accepted(Subscriber& subscriber) {
        REQUIRE(daemon.start());
        REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
        accept(subscriber);
        REQUIRE(subscriber.wait_for_verdict(INTEGRITY_INTACT));
    }
    static std::string detail(Subscriber& subscriber) {
        for (const auto& watcher : subscriber.client().watchers()) {
            if (watcher.name == "aide") return watcher.detail;
        }
        return "";
    }
};

bool possible() {
    return skip_unless(AideTree::possible(), "aide is not installed") &&
           skip_unless(why_no_identities().empty(), why_no_identities()) &&
           skip_unless(access("/usr/bin/setpriv", X_OK) == 0, "setpriv is not installed");
}

}  // namespace

TEST_CASE("a daemon without any right sees through the broker what AIDE alone may read [REQ-39] [REQ-1] [REQ-12]") {
    if (!possible()) return;
    Device device;
    CHECK_FALSE(may_read(kDaemonUser.uid, device.tree.database()));
    CHECK_FALSE(may_read(kDaemonUser.uid, device.tree.report_log()));
    Subscriber subscriber;
    device.start_accepted(subscriber);

    device.tree.write("etc/one", "ONE\n");
    device.check();
    CHECK(subscriber.wait_for("raised", "aide.entry.changed", device.tree.path("etc/one")));
    CHECK(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));
    device.tree.write("etc/one", "one\n");
    device.check();
    CHECK(subscriber.wait_for("returned", "aide.entry.changed", device.tree.path("etc/one")));

    device.tree.write("etc/one", "another\n");
    device.accept_tree();
    CHECK(subscriber.wait_for("raised", "aide.database.changed"));
    CHECK(device.daemon.stop());
}

TEST_CASE("a volume that the daemon may not read is judged through the broker [REQ-39] [REQ-53]") {
    if (!possible()) return;
    Device device;
    const std::string volume = device.directory / "volume";
    std::ofstream(volume, std::ios::binary) << LuksMaker().area(luks_json()) << "data";
    std::filesystem::permissions(volume, std::filesystem::perms(0600));
    CHECK_FALSE(may_read(kDaemonUser.uid, volume));
    device.daemon.write_config("broker = \"" + device.broker.socket_path() + "\"\n" + device.tree.section() +
                               "[luks]\nenabled = true\n[[luks.volume]]\nname = \"var\"\ndevice = \"" + volume +
                               "\"\nkeyslots = [\"password\"]\n");
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_until([&] { return subscriber.snapshots > 0; }));
    REQUIRE(subscriber.wait_until(
        [&] { return subscriber.client().report("luks").find(R"("state":"not accepted")") != std::string::npos; }));
    std::ofstream(volume, std::ios::binary) << "no header at all";
    subscriber.client().check_now("luks");
    REQUIRE(subscriber.wait_for("raised", "luks.volume.not-encrypted", "var"));
    CHECK(device.daemon.stop());
}

TEST_CASE("without its broker the daemon is blind and says why, and sees again when it is back [REQ-39] [REQ-14]") {
    if (!possible()) return;
    Device device;
    Subscriber subscriber;
    device.start_accepted(subscriber);
    device.broker.stop();
    subscriber.client().check_now("aide");
    CHECK(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
    CHECK(Device::detail(subscriber).find("integrityd-broker") != std::string::npos);
    device.broker.start();
    subscriber.client().check_now("aide");
    CHECK(subscriber.wait_for_verdict(INTEGRITY_INTACT));
}

TEST_CASE("another broker of the configuration counts from a reload on [REQ-39]") {
    if (!possible()) return;
    Device device;
    const auto configure = [&](const std::string& socket) {
        device.daemon.write_config("broker = \"" + socket + "\"\n" + device.tree.section());
    };
    configure(device.directory / "nobody");
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
    CHECK(Device::detail(subscriber).find("integrityd-broker") != std::string::npos);
    configure(device.broker.socket_path());
    device.daemon.send(SIGHUP);
    CHECK(subscriber.wait_until(
        [&] { return Device::detail(subscriber).find("no accepted baseline") != std::string::npos; }));
}

TEST_CASE("a configuration that others may write makes the broker refuse everything [REQ-39]") {
    if (!possible()) return;
    Device device;
    Subscriber subscriber;
    device.start_accepted(subscriber);
    std::filesystem::permissions(device.daemon.config_file(), std::filesystem::perms(0666));
    subscriber.client().check_now("aide");
    CHECK(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));
    CHECK(Device::detail(subscriber).find("others may write it") != std::string::npos);
}

TEST_CASE("the broker answers nobody but its client, not even root [REQ-39]") {
    if (!possible()) return;
    Device device;
    const auto opener = make_broker_opener(device.broker.socket_path());
    for (const auto resource : {Resource::aide_database, Resource::aide_report_log, Resource::aide_config}) {
        CHECK_FALSE(opener->open(resource));
        CHECK_FALSE(opener->open_all(resource));
        CHECK_FALSE(opener->watch_directory(resource));
    }
}

// What the daemon's user gets of the kernel's audit through the broker; each step has its own exit status.
int ask_for_audit(const std::string& socket) {
    if (setgid(kDaemonUser.uid) != 0 || setuid(kDaemonUser.uid) != 0) return 1;
    if (make_audit_kernel()->join_feed() || make_audit_kernel()->status()) return 2;  // by itself it may not
    const auto opener = make_broker_opener(socket);
    const auto status_file = opener->audit_status();
    if (!status_file) return 3;
    const auto status = read_audit_status(status_file->get());
    if (!status || status->kernel.enabled != 1 || status->kernel.backlog_limit != 8192) return 4;
    const auto feed = opener->join_audit_feed();
    if (!feed) return 5;
    // The kernel asks for the sender's right, whoever made the socket; the answer comes between the records.
    (void)audit_set_enabled(feed->get(), 0);
    return wait_for_record(feed->get(), [](std::uint16_t, std::string_view text) { return text.starts_with("audit("); })
               ? 0
               : 6;
}

TEST_CASE("a daemon without any right follows the kernel's audit through the broker [REQ-39]") {
    const std::string why = AuditHost::why_not();
    if (!skip_unless(why.empty(), why)) return;
    if (!skip_unless(access("/usr/bin/setpriv", X_OK) == 0, "setpriv is not installed")) return;
    AuditHost host;
    const TemporaryDirectory directory;
    // The daemon's user has to get at the socket.
    std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
    std::ofstream(directory / "integrityd.toml") << "";
    const BrokerProcess broker(directory / "broker", directory / "integrityd.toml", kDaemonUser.uid);
    const pid_t child = fork();
    if (child == 0) _exit(ask_for_audit(broker.socket_path()));
    int status = 0;
    // Something for it to receive, until it has it.
    while (waitpid(child, &status, WNOHANG) == 0)
        REQUIRE(AuditHost::auditctl("-m integrityd-broker-test"));
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(host.status().kernel.enabled == 1);
}

TEST_CASE("a broker that was not started by a socket serves nobody [REQ-39]") {
    const std::string program = std::getenv("INTEGRITYD_BROKER");
    const int status = std::system((program + " --client 0 </dev/null 2>/dev/null").c_str());
    CHECK(WEXITSTATUS(status) == 64);
    const int unknown = std::system((program + " --client nobody-of-this-name 2>/dev/null").c_str());
    CHECK(WEXITSTATUS(unknown) == 67);
}
