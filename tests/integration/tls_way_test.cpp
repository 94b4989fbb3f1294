// The real daemon and a real TLS server: from the first look to an alarm, and back.
#include <csignal>

#include <catch2/catch.hpp>

#include "support/device.hpp"
#include "support/skip.hpp"
#include "support/tls_server.hpp"

using namespace integrityd::test;

namespace {

std::string section(const std::string& address, const std::string& ca_file) {
    return "\n[tls]\npolicy = \"" + std::string(INTEGRITYD_SOURCE_ROOT) +
           "/policy/tls/mozilla-intermediate.toml\"\ntimeout = \"60s\"\n[[tls.endpoint]]\nname = \"server\"\naddress = "
           "\"" +
           address + "\"\nserver_name = \"endpoint.test\"\nca_file = \"" + ca_file + "\"\nprobe = \"negotiated\"\n";
}

}  // namespace

TEST_CASE(
    "an endpoint is accepted, its new key is told at the next look, and its return taken back [REQ-75] [REQ-78]") {
    if (!skip_unless(have_openssl(), "needs openssl")) return;
    Device device;
    const TlsAuthority authority(device.directory.path());
    const auto first = authority.issue("first");
    TlsServer server(first);
    device.configure("enabled = false\n" + section(server.address(), authority.file()));
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_DEGRADED));  // blind: nothing is accepted yet
    Device::accept(subscriber, "tls");
    REQUIRE(subscriber.wait_for("returned", "self.watcher.blind", "tls"));
    const auto report = subscriber.client().report("tls");
    CHECK(report.find("\"protocol\":\"TLS 1.3\"") != std::string::npos);
    CHECK(report.find(first.spki_sha256) != std::string::npos);
    CHECK(report.find("\"cannot_probe\":[\"SSL 3.0\"") != std::string::npos);

    server.serve(authority.issue("second"));
    subscriber.client().check_now("tls");
    REQUIRE(subscriber.wait_for("raised", "tls.certificate.renewed", "server"));
    CHECK(subscriber.find("raised", "tls.certificate.renewed")->violation().severity() == "low");

    const auto below = authority.intermediate("Another");
    server.serve(below.issue("third"));
    REQUIRE(subscriber.wait_until([&] { return subscriber.client().watcher("tls").state != "starting"; }));
    subscriber.client().check_now("tls");
    REQUIRE(subscriber.wait_for("raised", "tls.issuer.changed", "server"));
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));

    server.serve(first);
    subscriber.client().check_now("tls");
    CHECK(subscriber.wait_for("returned", "tls.issuer.changed", "server"));
    CHECK(device.daemon.stop());
}

TEST_CASE("what was told of the only endpoint ends when it leaves the configuration [REQ-75]") {
    if (!skip_unless(have_openssl(), "needs openssl")) return;
    Device device;
    const TlsAuthority authority(device.directory.path());
    const TlsServer server(authority.issue("server", {.names = {"DNS:other.test"}}));
    device.configure("enabled = false\n" + section(server.address(), authority.file()));
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    REQUIRE(subscriber.wait_for_verdict(INTEGRITY_VIOLATED));
    SECTION("at the next start") {
        REQUIRE(device.daemon.stop());
        device.configure("enabled = false\n");
        REQUIRE(device.daemon.start());
    }
    SECTION("by a reload") {
        device.configure("enabled = false\n");
        device.daemon.send(SIGHUP);
    }
    CHECK(subscriber.wait_for("returned", "tls.certificate.name-mismatch", "server"));
    CHECK(subscriber.client().watcher("tls").state == "disabled");
    CHECK(device.daemon.stop());
}

TEST_CASE("without an endpoint there is no TLS watcher") {
    Device device;
    device.configure("\n[tls]\nenabled = true\n");
    REQUIRE(device.daemon.start());
    Subscriber subscriber;
    CHECK(subscriber.client().watcher("tls").state == "disabled");
    CHECK(device.daemon.stop());
}
