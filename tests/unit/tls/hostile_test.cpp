// Peers that do what no decent server does: bounded time and memory, and a clear word about it. [REQ-79]
#include <sys/resource.h>

#include "support/skip.hpp"
#include "support/tls_rig.hpp"

using namespace integrityd;
using namespace integrityd::test;
using Then = StubBehaviour::Then;

namespace {

// So long the deadline of these probes is: short, because the test waits for it.
constexpr Duration short_time = std::chrono::milliseconds(150);

TlsSeen meet(TlsRig& rig, StubBehaviour behaviour, Starttls starttls = Starttls::none) {
    const TlsStub stub(rig.loop, std::move(behaviour));
    return rig.probe(stub.address(), {}, starttls);
}

// For a peer that is silent in the end: twice the deadline each time, until it was long enough for what comes before.
template <typename Heard>
TlsSeen meet_until(TlsRig& rig, const StubBehaviour& behaviour, Heard heard) {
    for (rig.timeout = short_time;; rig.timeout *= 2) {
        const TlsSeen seen = meet(rig, behaviour);
        if (heard(seen) || 2 * rig.timeout > failure_bound) return seen;
    }
}

}  // namespace

TEST_CASE("A peer that says nothing is left at the deadline", "[REQ-79]") {
    TlsRig rig;
    const auto seen = meet_until(rig, {}, [](const TlsSeen& each) { return each.reason.starts_with("connected"); });
    CHECK(seen.outcome == TlsOutcome::timeout);
    CHECK(seen.reason == "connected, but no TLS was answered in time");
    CHECK(meet(rig, {}, Starttls::smtp).outcome == TlsOutcome::timeout);
}

TEST_CASE("A peer that sends a byte now and then is left at the same deadline", "[REQ-79]") {
    TlsRig rig;
    rig.timeout = short_time;
    StubBehaviour behaviour;
    behaviour.then = Then::drip;
    behaviour.material = std::string("\x16\x03\x03\x40\x00\x02\x00\x3f\xfc", 9) + std::string(64, '\0');
    CHECK(meet(rig, behaviour).outcome == TlsOutcome::timeout);
    behaviour.material = "220-still greeting\r\n";
    CHECK(meet(rig, behaviour, Starttls::smtp).outcome == TlsOutcome::timeout);
}

TEST_CASE("Garbage is said to be no TLS", "[REQ-79]") {
    TlsRig rig;
    StubBehaviour behaviour;
    behaviour.greeting = GENERATE(std::string("SSH-2.0-OpenSSH_9.2\r\n"), std::string(70000, '\xff'),
                                  std::string("\x16\x03\x03\xff\xff", 5) + std::string(70000, '\x02'),
                                  std::string("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const auto seen = meet(rig, behaviour);
    INFO(seen.reason);
    CHECK(seen.outcome == TlsOutcome::malformed);
    CHECK_FALSE(seen.reason.empty());
}

TEST_CASE("A peer that never stops sending is left at a limit", "[REQ-79]") {
    TlsRig rig;
    StubBehaviour behaviour;
    behaviour.then = Then::flood;
    SECTION("records that never make a message") {
        // A Certificate message of 16 MB minus one, in full records: refused by its announced length.
        behaviour.material = std::string("\x16\x03\x03\x40\x00\x02\xff\xff\xff", 9) + std::string(16380, '\x30');
    }
    SECTION("warnings without end") {
        behaviour.material = std::string("\x15\x03\x03\x00\x02\x01\x5a", 7);
    }
    SECTION("empty records without end") {
        behaviour.material = std::string("\x16\x03\x03\x00\x00", 5);
    }
    const auto seen = meet(rig, behaviour);
    INFO(seen.reason);
    CHECK(seen.outcome == TlsOutcome::malformed);
    CHECK(seen.received <= TlsClient::most_received + 16384);
}

TEST_CASE("A greeting without end before STARTTLS is left at a limit", "[REQ-79]") {
    TlsRig rig;
    StubBehaviour behaviour;
    behaviour.then = Then::flood;
    behaviour.material = "220-" + std::string(500, 'x') + "\r\n";
    const auto seen = meet(rig, behaviour, Starttls::smtp);
    CHECK(seen.outcome == TlsOutcome::starttls);
    CHECK(seen.reason.find("16384 bytes") != std::string::npos);
}

TEST_CASE("A real server's handshake that is cut at any byte ends in a word about it", "[REQ-79]") {
    if (!skip_unless(have_openssl(), "needs openssl")) return;
    TlsRig rig;
    const auto version = GENERATE(std::string("-tls1_2"), std::string("-tls1_3"));
    const TlsServer server(rig.authority.issue("server"), {version});
    const auto whole = rig.probe(server.address());
    REQUIRE(whole.outcome == TlsOutcome::finished);
    for (std::size_t passes = 0; passes < whole.received; passes += 97) {
        for (const Then then : {Then::close, Then::reset}) {
            StubBehaviour behaviour;
            behaviour.upstream = server.port();
            behaviour.passes = passes;
            behaviour.then = then;
            const auto seen = meet(rig, behaviour);
            INFO(version << " cut after " << passes << ": " << seen.reason);
            const bool gone =
                seen.outcome == TlsOutcome::closed || (passes == 0 && seen.outcome == TlsOutcome::refused);
            CHECK(gone);
        }
    }
}

TEST_CASE("A ServerHello and then silence is left at the deadline, and what was chosen is known", "[REQ-79]") {
    if (!skip_unless(have_openssl(), "needs openssl")) return;
    TlsRig rig;
    const TlsServer server(rig.authority.issue("server"), {"-tls1_2"});
    StubBehaviour behaviour;
    behaviour.upstream = server.port();
    behaviour.passes = 200;  // a ServerHello of TLS 1.2 has about 100 bytes, the certificate more than 300
    const auto seen = meet_until(rig, behaviour, [](const TlsSeen& each) { return each.hello; });
    CHECK(seen.outcome == TlsOutcome::timeout);
    CHECK(seen.reason == "the handshake was not finished in time");
    CHECK(seen.hello);
    CHECK(seen.version == tls_version::tls12);
}

TEST_CASE("Who shows a chain and not that he has its key has proven nothing", "[REQ-75]") {
    if (!skip_unless(have_openssl(), "needs openssl")) return;
    TlsRig rig;
    const bool old = GENERATE(true, false);
    const TlsServer server(rig.authority.issue("server"), {old ? "-tls1_2" : "-tls1_3"});
    StubBehaviour behaviour;
    behaviour.upstream = server.port();
    CHECK(meet(rig, behaviour).proven);
    TlsSeen seen;
    SECTION("it goes when it has shown the chain") {
        // Until TLS 1.2 a hello and the certificate; then a hello, the record for old boxes, extensions, certificate.
        behaviour.spoiled = [old](const std::string& answer) { return first_records(answer, old ? 2 : 4); };
        behaviour.then = Then::close;
        seen = meet(rig, behaviour);
        CHECK(seen.outcome == TlsOutcome::closed);
    }
    SECTION("it is silent before its last word") {
        behaviour.spoiled = [old](const std::string& answer) { return first_records(answer, old ? 3 : 5); };
        seen = meet_until(rig, behaviour, [](const TlsSeen& each) { return !each.chain.empty(); });
        CHECK(seen.outcome == TlsOutcome::timeout);
    }
    SECTION("it signs with another key") {
        behaviour.spoiled = [old](const std::string& answer) {
            return old ? wrongly_signed(answer) : first_records(answer, 4) + std::string(64, '\0');
        };
        seen = meet(rig, behaviour);
        CHECK(seen.outcome == TlsOutcome::malformed);
    }
    CHECK_FALSE(seen.chain.empty());
    CHECK_FALSE(seen.proven);
    CHECK_FALSE(seen.refuses_client);
}

TEST_CASE("A certificate with ten thousand names is refused at the limit, one with a thousand is read", "[REQ-79]") {
    if (!skip_unless(have_openssl(), "needs openssl")) return;
    TlsRig rig;
    const auto make = [&](unsigned count) {
        TlsWish wish;
        wish.names.clear();
        for (unsigned i = 0; i < count; ++i)
            wish.names.push_back("DNS:host-" + std::to_string(i) + ".product.test");
        return rig.authority.issue("many", wish);
    };
    {
        const TlsServer server(make(1000));
        const auto seen = rig.probe(server.address());
        REQUIRE(seen.outcome == TlsOutcome::finished);
        REQUIRE(seen.chain.size() == 1);
        const auto facts = read_certificate(seen.chain[0]);
        INFO((facts ? "" : facts.error().message));
        REQUIRE(facts.ok());
        CHECK(facts->name_count == 1000);
        CHECK(facts->names.size() == 16);
    }
    const TlsServer server(make(10000));
    const auto seen = rig.probe(server.address());
    INFO(seen.reason);
    CHECK(seen.outcome == TlsOutcome::malformed);
    CHECK(seen.received < 200000);
}

TEST_CASE("Many bad peers at once leave nothing behind", "[REQ-79]") {
    TlsRig rig;
    rig.timeout = short_time;
    StubBehaviour behaviour;
    behaviour.then = Then::drip;
    behaviour.material = std::string("\x16\x03\x03\x00\x50\x02", 6);
    const TlsStub stub(rig.loop, behaviour);
    std::size_t ended = 0;
    {
        std::vector<std::unique_ptr<TlsConnection>> probes;
        for (int i = 0; i < 100; ++i) {
            TlsTarget target{resolve_numeric(*parse_host_port(stub.address()))->addresses, "endpoint.test"};
            probes.push_back(std::make_unique<TlsConnection>(rig.loop, rig.context, target, TlsOffer{},
                                                             i % 2 == 0 ? short_time : Duration(failure_bound),
                                                             [&](const TlsSeen&) { ++ended; }));
        }
        CHECK(turn_until(rig.loop, [&] { return ended == 50; }));
    }
    // Those that were dropped before their end say nothing any more.
    CHECK(ended == 50);
}
