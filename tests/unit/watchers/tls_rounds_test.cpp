// Rounds: what is asked for while one runs, how far it is, and what the worker does of it.
#include <algorithm>

#include "core/canonical_json.hpp"
#include "unit/watchers/tls_device.hpp"

using namespace integrityd;
using namespace integrityd::test;
using std::chrono::seconds;

namespace {

// A watcher on its way: nobody has turned the loop yet.
void begin(TlsDevice& device) {
    device.start();
    REQUIRE(device.watcher->check());
    REQUIRE(device.watcher->counters().at("check_running") == 1);
}

std::string waiting_in(const TlsDevice& device) {
    return canonical_json(device.watcher->progress()->at("waiting"));
}

// "name: state: reason" of each endpoint that is done.
std::vector<std::string> done_in(const TlsDevice& device) {
    std::vector<std::string> done;
    const auto progress = device.watcher->progress();
    for (const auto& each : *progress->at("done").get<ValueList>()) {
        const auto& map = *each.get<ValueMap>();
        done.push_back(std::string(map.at("name").text()).append(": ").append(map.at("state").text()).append(": "));
        done.back().append(map.at("reason").text());
    }
    std::ranges::sort(done);
    return done;
}

}  // namespace

TEST_CASE("Who asks for a check while one runs gets a round that began afterwards") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    TlsServer server(device.authority.issue("first"));
    device.add("server", server.address());
    begin(device);
    // The round has passed the endpoint when its certificate is replaced, and is not over.
    REQUIRE(device.turn_until([&] { return device.watcher->counters().at("check_done") == 1; }));
    const int finished = device.present.finished;
    server.serve(device.authority.issue("second", {.names = {"DNS:other.test"}}));
    REQUIRE(device.watcher->check());
    REQUIRE(device.watcher->check());
    device.finish();
    CHECK(device.has("tls.certificate.name-mismatch"));
    // One more round for both: who asks often does not keep the watcher busy for ever, and each round's end is told.
    CHECK(device.present.finished == finished + 2);
    CHECK(device.watcher->counters().at("check_round") == 3);
}

TEST_CASE("A check while failing endpoints are tried again is a round over all") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    const TlsServer server(device.authority.issue("server"));
    device.add("gone", "127.0.0.1:1");
    device.add("server", server.address());
    device.start();
    device.advance(seconds(31));
    REQUIRE(device.watcher->counters().at("check_size") == 1);
    CHECK(device.watcher->counters().at("check_running") == 0);
    const std::uint64_t handshakes = device.watcher->counters().at("handshakes");
    REQUIRE(device.watcher->check());
    device.finish();
    CHECK(device.watcher->counters().at("handshakes") == handshakes + 3);
}

TEST_CASE("A difference that is asked for while a round runs holds what the round finds") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    TlsServer server(device.authority.issue("first"));
    device.add("server", server.address());
    device.start();
    device.accept();
    const std::string before = device.watcher->diff_baseline()->digest;
    server.serve(device.authority.issue("second"));
    REQUIRE(device.watcher->check());
    std::string settled;
    device.watcher->when_settled([&] { settled = device.watcher->diff_baseline()->digest; });
    CHECK(settled.empty());
    device.finish();
    REQUIRE_FALSE(settled.empty());
    CHECK(settled != before);
    // Nothing runs: at once.
    bool called = false;
    device.watcher->when_settled([&] { called = true; });
    CHECK(called);
    // Whoever waits when the watcher ends is not forgotten.
    REQUIRE(device.watcher->check());
    called = false;
    device.watcher->when_settled([&] { called = true; });
    device.watcher.reset();
    CHECK(called);
}

TEST_CASE("A round tells each endpoint that is done by its name, and whom it waits for") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    const TlsStub silent(device.loop, {});
    const TlsServer server(device.authority.issue("server"));
    device.add("gone", "127.0.0.1:1");
    device.add("server", server.address());
    device.add("silent", silent.address());
    device.make();
    device.watcher->start();
    CHECK(waiting_in(device) == R"(["gone","server","silent"])");
    CHECK(done_in(device).empty());
    REQUIRE(device.turn_until([&] { return device.watcher->counters().at("check_done") == 2; }));
    CHECK(waiting_in(device) == R"(["silent"])");
    const auto done = done_in(device);
    REQUIRE(done.size() == 2);
    CHECK(done[0].find("gone: failing: ") == 0);
    CHECK(done[0].find("Connection refused") != std::string::npos);
    CHECK(done[1] == "server: reached: ");
    device.advance(device.config.tls.timeout);
    device.finish();
    // It stands until the next round begins.
    CHECK(waiting_in(device) == "[]");
    CHECK(done_in(device).size() == 3);
}

TEST_CASE("What is read from the disk is read by the worker, and later where it has no room") {
    TlsDevice device;
    device.config.tls.policy = "none";
    device.add("server", "127.0.0.1:1");
    device.worker.full_ = true;
    device.make();
    device.watcher->start();
    device.advance(seconds(5));
    CHECK(device.watcher->counters().at("check_running") == 1);
    CHECK(device.watcher->counters().at("failures") == 0);
    device.worker.full_ = false;
    device.advance(seconds(1));
    CHECK(device.worker.waiting() == 1);
    device.finish();
    CHECK(device.watcher->counters().at("failures") == 1);
    CHECK(device.present.health_now.reason.find("policy: ") == 0);
}

TEST_CASE("A server that refuses this device's certificate is told as that, also when it says so after the handshake") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    const auto version = GENERATE(std::string("-tls1_2"), std::string("-tls1_3"));
    const TemporaryDirectory elsewhere;
    TlsWish wish = TlsAuthority::root_wish();
    wish.common_name = "Other Root";
    const TlsAuthority other(elsewhere.path(), wish, TlsDevice::begin);
    const auto strange = other.issue("device", {.usage = "clientAuth"});
    const TlsServer server(device.authority.issue("server"),
                           {version, "-Verify", "1", "-CAfile", device.authority.file(), "-verify_return_error"});
    auto& endpoint = device.add("server", server.address());
    SECTION("it trusts another authority") {
        endpoint.client_certificate = strange.certificate;
        endpoint.client_key = strange.key;
        device.start();
        device.accept();
        CHECK(device.findings().empty());
        device.retry(seconds(31));
        device.retry(seconds(61));
        REQUIRE(device.has("tls.endpoint.unreachable"));
        CHECK(device.text("tls.endpoint.unreachable") ==
              "server: no TLS handshake: the peer refuses our client certificate: unknown CA");
        CHECK(device.present.get("tls.endpoint.unreachable", "server")
                  .context.at("advice")
                  .text()
                  .find("client_certificate") != std::string::npos);
        // Its own certificate was shown before, and is judged all the same.
        CHECK(device.watcher->diff_baseline()->difference.at("differences").get<ValueMap>()->empty());
    }
    SECTION("no certificate is configured here: the server's is what this device looks at") {
        device.start();
        device.retry(seconds(31));
        device.retry(seconds(61));
        CHECK(device.findings().empty());
        CHECK(canonical_json(Value(*device.watcher->report())).find("the peer requires a client certificate: ") !=
              std::string::npos);
    }
}

TEST_CASE("A server that shows a certificate and not that it has its key is not reached, and makes nothing good",
          "[REQ-75]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    const bool old = GENERATE(true, false);
    const std::vector<std::string> version = {old ? "-tls1_2" : "-tls1_3"};
    const auto genuine = device.authority.issue("server");
    const TemporaryDirectory elsewhere;
    TlsServer server(TlsAuthority::self_signed(elsewhere.path(), "forged", {}), version);
    StubBehaviour behaviour;
    behaviour.upstream = server.port();
    TlsStub stub(device.loop, behaviour);
    device.add("server", stub.address()).spki_sha256 = {genuine.spki_sha256};
    device.start();
    REQUIRE(device.has("tls.pin.mismatch"));
    REQUIRE(device.has("tls.certificate.untrusted"));
    const std::string shown = device.watcher->diff_baseline()->digest;
    // It has the certificate that was asked for, of which everybody has one.
    server.serve(genuine, version);
    behaviour.then = StubBehaviour::Then::close;
    behaviour.spoiled = [old](const std::string& answer) { return first_records(answer, old ? 2 : 4); };
    SECTION("it goes") {}
    SECTION("it signs with another key") {
        behaviour.spoiled = [old](const std::string& answer) {
            return old ? wrongly_signed(answer) : first_records(answer, 4) + std::string(64, '\0');
        };
    }
    stub.behave(behaviour);
    device.check();
    device.retry(seconds(31));
    device.retry(seconds(61));
    CHECK(device.has("tls.pin.mismatch"));
    CHECK(device.has("tls.certificate.untrusted"));
    CHECK(device.has("tls.endpoint.unreachable"));
    CHECK(device.watcher->diff_baseline()->digest == shown);
    behaviour.spoiled = nullptr;
    stub.behave(behaviour);
    device.check();
    CHECK(device.findings().empty());
}

TEST_CASE("A token is waited for in a lane of its own, and by its endpoints alone") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    const TlsServer server(device.authority.issue("server"));
    device.add("other", server.address());
    for (const auto* const name : {"server", "twin"}) {
        auto& endpoint = device.add(name, server.address());
        endpoint.client_certificate = device.authority.issue("device", {.usage = "clientAuth"}).certificate;
        endpoint.client_key = "no-such-provider:key";
    }
    device.make();
    device.watcher->start();
    SECTION("it does not answer") {
        CHECK(device.worker.run_all() == 1);
        // Nobody works off the token's lane.
        device.advance(seconds(0));
        CHECK(device.worker.waiting() == 1);
        device.advance(device.config.tls.timeout);
        CHECK(done_in(device).size() >= 2);
        device.finish();
        CHECK(device.present.health_now.reason == "server: client certificate: the token did not answer in time");
    }
    SECTION("it has no such key") {
        device.finish();
        CHECK(device.present.health_now.reason.find("server: client certificate: no-such-provider:key: ") == 0);
        CHECK(device.watcher->counters().at("reached") == 1);
    }
}

TEST_CASE("The progress of very many endpoints stays below what a reply on the bus holds") {
    std::vector<TlsEndpoint> endpoints(4000);
    std::vector<const TlsEndpoint*> which;
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
        endpoints[i].name = std::string(60, 'n') + std::to_string(i);
        which.push_back(&endpoints[i]);
    }
    TlsRound round;
    round.begin(which);
    for (const auto& endpoint : endpoints)
        round.done(endpoint.name, "not judged", std::string(1000, '\x01'));
    CHECK(round.finished() == 4000);
    CHECK(canonical_json(Value(round.progress())).size() < (1U << 20));
}
