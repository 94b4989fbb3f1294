// The watcher against real openssl servers.
#include "core/canonical_json.hpp"
#include "core/time_text.hpp"
#include "unit/watchers/tls_device.hpp"

using namespace integrityd;
using namespace integrityd::test;
using std::chrono::hours;
using std::chrono::seconds;

TEST_CASE("An endpoint as it should be is looked at and nothing is told, once it was accepted", "[REQ-75]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    const TlsServer server(device.authority.issue("server"));
    device.add("server", server.address());
    device.start();
    CHECK(device.findings().empty());
    CHECK(device.present.finished == 1);
    CHECK_FALSE(device.present.health_now.can_look);
    CHECK(device.present.health_now.reason ==
          "no accepted baseline for server: run `integrityctl baseline accept tls`");
    device.accept();
    CHECK(device.present.health_now.can_look);
    CHECK(device.watcher->diff_baseline()->difference.at("differences").get<ValueMap>()->empty());
    device.check();
    CHECK(device.findings().empty());
    CHECK(device.watcher->counters().at("endpoints") == 1);
    CHECK(device.watcher->counters().at("handshakes") == 2);
    CHECK(device.watcher->counters().at("failures") == 0);
}

TEST_CASE("A certificate that is wrong is told as what is wrong with it, and taken back when it is right", "[REQ-75]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    TlsFiles files;
    std::string kind;
    std::string words;
    TlsWish wish;
    SECTION("expired") {
        wish.begins = -20 * 86400;
        wish.ends = -86400;
        files = device.authority.issue("bad", wish);
        kind = "tls.certificate.expired";
        words = "server: its certificate expired on 2027-01-14";
    }
    SECTION("not yet valid") {
        wish.begins = 86400;
        files = device.authority.issue("bad", wish);
        kind = "tls.certificate.not-yet-valid";
        words = "server: its certificate is not valid before 2027-01-16";
    }
    SECTION("expiring") {
        wish.ends = 10 * 86400;
        files = device.authority.issue("bad", wish);
        kind = "tls.certificate.expiring";
        words = "server: its certificate expires on 2027-01-25";
    }
    SECTION("another name") {
        wish.names = {"DNS:other.test"};
        files = device.authority.issue("bad", wish);
        kind = "tls.certificate.name-mismatch";
        words = "server: its certificate is for another name";
    }
    SECTION("self-signed") {
        files =
            TlsAuthority::self_signed(device.directory.path(), "bad", {.begins = -400 * 86400, .ends = 4000 * 86400});
        kind = "tls.certificate.untrusted";
        words = "server: its certificate is not trusted: self-signed certificate";
    }
    SECTION("for clients only") {
        wish.usage = "clientAuth";
        files = device.authority.issue("bad", wish);
        kind = "tls.certificate.untrusted";
    }
    SECTION("a weak key") {
        wish.key = "rsa:1024";
        files = device.authority.issue("bad", wish);
        kind = "tls.certificate.weak-key";
        words = "server: its certificate: key rsa 1024: 1024 bits, fewer than 2000 are weak";
    }
    SECTION("signed with SHA-1") {
        wish.hash = "SHA1";
        files = device.authority.issue("bad", wish);
        kind = "tls.certificate.weak-signature";
        words = "server: its certificate: signature ecdsa-sha1: forbidden by the policy";
    }
    TlsServer server(files, {"-cipher", "ALL:@SECLEVEL=0"});
    device.add("server", server.address());
    device.start();
    for (const auto& each : device.findings())
        UNSCOPED_INFO(each);
    REQUIRE(device.has(kind));
    CHECK(device.present.held.size() == 1);
    if (!words.empty()) CHECK(device.text(kind) == words);
    CHECK_FALSE(device.present.get(kind, "server").context.at("advice").text().empty());
    server.serve(device.authority.issue("good"));
    device.check();
    CHECK(device.findings().empty());
}

TEST_CASE("The private authority of an endpoint is enough, and only that of the endpoint", "[REQ-75]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    const auto below = device.authority.intermediate("Issuing");
    const TlsServer server(below.issue("server"));
    const TemporaryDirectory elsewhere;
    TlsWish wish = TlsAuthority::root_wish();
    wish.common_name = "Other Root";
    const TlsAuthority other(elsewhere.path(), wish, TlsDevice::begin);
    device.add("one", server.address());
    device.add("two", server.address()).ca_file = other.file();
    device.add("three", server.address()).ca_file = "";  // the system's
    device.add("four", server.address()).ca_file = device.directory / "none";
    device.start();
    CHECK_FALSE(device.has("tls.certificate.untrusted", "one"));
    CHECK(device.has("tls.certificate.untrusted", "two"));
    CHECK(device.has("tls.certificate.untrusted", "three"));
    CHECK_FALSE(device.has("tls.certificate.untrusted", "four"));
    CHECK(device.present.health_now.reason.find("four: ca_file: ") == 0);
}

TEST_CASE("A certificate that is swapped while the server runs is told at the next interval", "[REQ-78]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    TlsServer server(device.authority.issue("first"));
    device.add("server", server.address());
    device.start();
    device.accept();
    server.stop();
    SECTION("the same key in a new certificate is no news") {
        TlsWish wish;
        wish.same_key_as = "first";
        server.serve(device.authority.issue("second", wish));
        device.advance(hours(1));
        CHECK(device.turn_until([&] { return device.present.finished > 2; }));
        CHECK(device.findings().empty());
    }
    SECTION("a new key of the same issuer is a renewal") {
        server.serve(device.authority.issue("second"));
        device.advance(hours(1));
        CHECK(device.turn_until([&] { return device.has("tls.certificate.renewed"); }));
        CHECK(device.present.held.size() == 1);
        device.finish();
        device.accept();
        CHECK(device.findings().empty());
    }
    SECTION("another issuer is an alarm, also below the same root") {
        const auto below = device.authority.intermediate("Issuing");
        server.serve(below.issue("second"));
        device.advance(hours(1));
        CHECK(device.turn_until([&] { return device.has("tls.issuer.changed"); }));
        CHECK_FALSE(device.has("tls.certificate.renewed"));
    }
    SECTION("other parameters are told") {
        server.serve(device.authority.issue("third", {.same_key_as = "first"}), {"-tls1_2"});
        device.advance(hours(1));
        CHECK(device.turn_until([&] { return device.has("tls.endpoint.changed"); }));
        CHECK(device.text("tls.endpoint.changed").find("TLS 1.2, TLS_ECDHE_ECDSA") != std::string::npos);
    }
}

TEST_CASE("Pins decide: one of several, or nothing but an acceptance against these very pins", "[REQ-78]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    const auto files = device.authority.issue("server");
    const TlsServer server(files);
    auto& endpoint = device.add("server", server.address());
    const std::string other(43, 'A');
    SECTION("pinned") {
        endpoint.spki_sha256 = {other + "=", files.spki_sha256};
        device.start();
        CHECK(device.findings().empty());
        CHECK(device.present.health_now.can_look);
    }
    SECTION("not pinned") {
        endpoint.spki_sha256 = {other + "="};
        device.start();
        REQUIRE(device.has("tls.pin.mismatch"));
        CHECK(device.present.get("tls.pin.mismatch", "server").evidence.at("present").text() == files.spki_sha256);
        device.accept();
        CHECK(device.findings().empty());
        // Other pins: somebody has decided anew.
        device.config.tls.endpoints.front().spki_sha256 = {std::string(42, 'A') + "B="};
        device.start();
        CHECK(device.has("tls.pin.mismatch"));
    }
}

TEST_CASE("A wrong clock makes nothing expired, and what was expired stays so", "[REQ-80]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    TlsWish wish;
    wish.begins = -20 * 86400;
    wish.ends = -86400;
    const TlsServer bad(device.authority.issue("bad", wish));
    const TlsServer good(device.authority.issue("good"));
    device.add("bad", bad.address());
    device.add("good", good.address());
    const WallTime right = device.clock.wall_;
    SECTION("from the start") {
        device.clock.wall_ = 3'600'000'000;  // 1970
        device.clock.state_ = ClockState::unset;
        device.start();
        CHECK(device.findings().empty());
        const auto report = device.watcher->report();
        const auto* first = report->at("endpoints").get<ValueList>()->front().get<ValueMap>();
        CHECK(first->at("validity").text() == "not judged: the device's clock is plainly wrong");
        // Soon after it was set the same facts are judged.
        device.clock.wall_ = right;
        device.clock.state_ = ClockState::synchronised;
        device.advance(seconds(31));
        CHECK(device.has("tls.certificate.expired", "bad"));
        CHECK_FALSE(device.has("tls.certificate.expired", "good"));
    }
    SECTION("later") {
        device.start();
        CHECK(device.has("tls.certificate.expired", "bad"));
        const auto& expired = device.present.get("tls.certificate.expired", "bad");
        const auto* first = expired.evidence.at("certificates").get<ValueList>()->front().get<ValueMap>();
        CHECK(
            first->at("not_after").text().starts_with(tls_date(static_cast<std::int64_t>(right / 1'000'000) - 86400)));
        CHECK(first->at("not_after").text().ends_with(".000000Z"));
        CHECK(expired.context.at("device_time").text() == rfc3339(right));
        device.clock.wall_ = 3'600'000'000;
        device.clock.state_ = ClockState::unset;
        device.check();
        CHECK(device.has("tls.certificate.expired", "bad"));
        CHECK(device.present.held.size() == 1);
    }
}

TEST_CASE("A server that is down for a minute is no alarm, for long it is, and its return is told", "[REQ-81]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    const auto files = device.authority.issue("server");
    TlsServer server(files);
    device.add("server", server.address());
    device.start();
    server.stop();
    device.check();
    CHECK(device.watcher->counters().at("failures") == 1);
    // Asking again and again is not failing again and again.
    device.check();
    device.check();
    device.check();
    CHECK(device.findings().empty());
    device.retry(seconds(31));
    CHECK(device.findings().empty());
    SECTION("back after a minute") {
        server.serve(files);
        device.retry(seconds(61));
        CHECK(device.findings().empty());
        CHECK(device.watcher->counters().at("reached") == 1);
    }
    SECTION("away for longer") {
        device.retry(seconds(61));
        REQUIRE(device.has("tls.endpoint.unreachable"));
        CHECK(device.text("tls.endpoint.unreachable").find("Connection refused") != std::string::npos);
        server.serve(files);
        device.check();
        CHECK(device.findings().empty());
    }
}

TEST_CASE("A server that is away for days is tried once an interval, not once a second", "[REQ-81]") {
    TlsReach reach;
    const Duration interval = hours(1);
    Monotonic now{0};
    unsigned tries = 0;
    for (const Monotonic end = now + hours(48); now < end; now = reach.again(interval), ++tries) {
        reach.failed(now, TlsOutcome::refused, "Connection refused");
        REQUIRE(reach.again(interval) > now);
        REQUIRE(reach.again(interval) <= now + interval);
    }
    CHECK(reach.down());
    CHECK(tries < 60);
}

TEST_CASE("An endpoint that is not required is missed by nobody", "[REQ-81]") {
    TlsDevice device;
    device.add("server", "127.0.0.1:1").required = false;
    device.start();
    device.retry(seconds(31));
    device.retry(seconds(61));
    CHECK(device.findings().empty());
    CHECK(device.watcher->counters().at("failures") == 3);
}

TEST_CASE("A server that speaks no TLS is told after the same patience, with what it said", "[REQ-81]") {
    TlsDevice device;
    StubBehaviour behaviour;
    behaviour.greeting = "SSH-2.0-OpenSSH_9.2\r\n";
    const TlsStub stub(device.loop, behaviour);
    device.add("server", stub.address());
    device.start();
    device.retry(seconds(31));
    device.retry(seconds(61));
    REQUIRE(device.has("tls.endpoint.unreachable"));
    CHECK(device.text("tls.endpoint.unreachable").find("server: no TLS handshake: ") == 0);
}

TEST_CASE("No route to any endpoint is one finding, not one each", "[REQ-81]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    // No address is left when a name cannot be resolved, and no route either. A part of more than 63 bytes is no name:
    // the resolver says so by itself, and what the machine's network answers plays no part.
    device.add("one", std::string(64, 'a') + ".test:443");
    device.add("two", std::string(64, 'b') + ".test:443");
    const TlsServer own(device.authority.issue("own"));
    device.add("own", own.address());
    const bool offline = GENERATE(true, false);
    device.routes = !offline;
    device.start();
    device.retry(seconds(31));
    CHECK(device.findings().empty());
    device.retry(seconds(61));
    CHECK(device.has("tls.offline", "network") == offline);
    CHECK(device.has("tls.endpoint.unreachable", "one") == !offline);
    CHECK(device.has("tls.endpoint.unreachable", "two") == !offline);
    CHECK_FALSE(device.has("tls.endpoint.unreachable", "own"));
    // After a start nobody knows yet whether the network is there.
    device.start();
    CHECK(device.has("tls.offline", "network") == offline);
    device.routes = true;
    device.check();
    CHECK_FALSE(device.has("tls.offline", "network"));
}

TEST_CASE("A policy that cannot be read makes the watcher blind, and the rest is judged", "[REQ-76]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    device.config.tls.policy = "none";
    const TlsServer server(device.authority.issue("server", {.names = {"DNS:other.test"}, .key = "rsa:1024"}),
                           {"-cipher", "ALL:@SECLEVEL=0"});
    device.add("server", server.address());
    device.start();
    CHECK(device.present.health_now.reason.find("policy: ") == 0);
    CHECK(device.has("tls.certificate.name-mismatch"));
    CHECK_FALSE(device.has("tls.certificate.weak-key"));
}

TEST_CASE("A unit without a network makes the watcher blind, and accuses no endpoint", "[REQ-81]") {
    TlsDevice device;
    device.network = false;
    device.add("server", "127.0.0.1:1");
    device.start();
    device.retry(seconds(31));
    device.retry(seconds(61));
    CHECK(device.findings().empty());
    CHECK(device.present.health_now.reason.find("the unit lets integrityd use no network") == 0);
}

TEST_CASE("A report of very many endpoints stays below what a reply on the bus holds, and says what it left out") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    TlsWish wish;
    for (int i = 0; i < 16; ++i)
        wish.names.push_back("DNS:" + std::string(60, 'x') + "." + std::string(60, 'y') + std::to_string(i) + ".test");
    const TlsServer server(device.authority.issue("server", wish));
    constexpr int many = 400;
    for (int i = 0; i < many; ++i)
        device.add("endpoint-" + std::to_string(i), server.address());
    device.start();
    CHECK(device.watcher->counters().at("reached") == many);
    const Value report(*device.watcher->report());
    CHECK(canonical_json(report).size() < 1'000'000);
    const auto& last = *report.get<ValueMap>()->at("endpoints").get<ValueList>()->back().get<ValueMap>();
    CHECK_FALSE(last.at("cut").text().empty());
    CHECK_FALSE(last.contains("path"));
}
