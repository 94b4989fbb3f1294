// Findings that come from dates, from the chain, from a stapled response and from groups.
#include <fstream>

#include "unit/watchers/tls_device.hpp"
#include "watchers/watcher_list.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

constexpr std::int64_t day = 86400;
constexpr std::int64_t in_2028 = 1'843'200'000;  // after the day until which the BSI's policy was meant to be used
constexpr std::int64_t in_2032 = 1'960'000'000;  // TLS 1.2 is recommended until the end of 2031

void set_clock(TlsDevice& device, std::int64_t seconds) {
    device.clock.wall_ = static_cast<WallTime>(seconds) * 1'000'000;
}

// The positions in the path that a finding is about, as "2 3".
std::string positions(const TlsDevice& device, const std::string& kind) {
    std::string all;
    for (const auto& each : *device.present.get(kind, "server").evidence.at("certificates").get<ValueList>())
        all += (all.empty() ? "" : " ") + std::to_string(*each.get<ValueMap>()->at("position").get<std::uint64_t>());
    return all;
}

}  // namespace

TEST_CASE("Each certificate of the path has its own end", "[REQ-75]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    TlsWish wish = TlsAuthority::root_wish();
    std::string kind = "tls.certificate.expiring";
    SECTION("that of an authority is near") {
        wish.ends = 10 * day;
    }
    SECTION("that of an authority has passed") {
        wish.ends = -day;
        kind = "tls.certificate.expired";
    }
    const TlsServer server(device.authority.intermediate("Issuing", wish).issue("server"));
    device.add("server", server.address());
    device.start();
    REQUIRE(device.has(kind));
    CHECK(device.present.held.size() == 1);
    CHECK(positions(device, kind) == "2");
    CHECK(device.text(kind).find("the certificate of its authority CN=Issuing") != std::string::npos);
}

TEST_CASE("A stapled response that says revoked is an alarm, and one that says good takes it back", "[REQ-77]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    const auto files = device.authority.issue("server");
    const auto staple = [&](bool revoked, std::int64_t age) {
        const std::string file = device.directory / ("staple" + std::to_string(age));
        std::ofstream(file) << device.authority.staple(files.der, revoked, age);
        return std::vector<std::string>{"-status_file", file};
    };
    TlsServer server(files, staple(true, 3600));
    device.add("server", server.address());
    device.start();
    REQUIRE(device.has("tls.certificate.revoked"));
    CHECK(device.present.held.size() == 1);
    server.serve(files);
    device.check();
    CHECK(device.has("tls.certificate.revoked"));  // it staples nothing: that proves nothing
    server.serve(files, staple(false, 7200));
    device.check();
    CHECK(device.has("tls.certificate.revoked"));  // it has kept an answer from before
    server.serve(files, staple(false, 60));
    device.check();
    CHECK(device.findings().empty());
}

TEST_CASE("A revocation ends with the certificate that was revoked", "[REQ-77]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    const auto revoked = device.authority.issue("revoked");
    const std::string staple = device.directory / "staple";
    std::ofstream(staple) << device.authority.staple(revoked.der, true);
    TlsServer server(revoked, {"-status_file", staple});
    device.add("server", server.address());
    device.start();
    REQUIRE(device.has("tls.certificate.revoked"));
    SECTION("another one that is as it should be") {
        server.serve(device.authority.issue("new"));
        device.clock.state_ = ClockState::unset;
        device.check();
        CHECK(device.has("tls.certificate.revoked"));  // it might be the one before, which is not valid any more
        device.clock.state_ = ClockState::synchronised;
        device.check();
        CHECK(device.findings().empty());
    }
    SECTION("another one that is not") {
        const TemporaryDirectory elsewhere;
        TlsWish wish;
        SECTION("nobody vouches for it") {
            server.serve(TlsAuthority::self_signed(elsewhere.path(), "other", wish));
        }
        SECTION("it is for another name") {
            wish.names = {"DNS:other.test"};
            server.serve(device.authority.issue("other", wish));
        }
        SECTION("it is not valid any more") {
            wish.begins = -20 * day;
            wish.ends = -day;
            server.serve(device.authority.issue("other", wish));
        }
        device.check();
        CHECK(device.has("tls.certificate.revoked"));
        CHECK(device.present.held.size() == 2);
    }
}

TEST_CASE("What was told of an authority is not over while nobody vouches for the path", "[REQ-75]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    TlsWish wish = TlsAuthority::root_wish();
    wish.ends = -day;
    auto files = device.authority.intermediate("Issuing", wish).issue("server");
    TlsServer server(files);
    device.add("server", server.address());
    device.start();
    REQUIRE(device.has("tls.certificate.expired"));
    files.chain.clear();
    server.serve(files);
    device.check();
    CHECK(device.has("tls.certificate.untrusted"));
    CHECK(device.has("tls.certificate.expired"));
    server.serve(device.authority.issue("good"));
    device.check();
    CHECK(device.findings().empty());
}

TEST_CASE("What was told of an endpoint ends when it leaves the configuration, and not before", "[REQ-75]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    const TlsServer server(device.authority.issue("old", {.begins = -20 * day, .ends = -day}));
    device.add("server", server.address());
    device.add("gone", server.address());
    device.start();
    REQUIRE(device.present.count("tls.certificate.expired") == 2);
    // After a restart nothing of them was seen yet.
    device.make();
    device.watcher->start();
    CHECK(device.present.count("tls.certificate.expired") == 2);
    device.config.tls.endpoints.back().name = "renamed";
    device.make();
    device.watcher->start();
    CHECK(device.has("tls.certificate.expired"));
    CHECK_FALSE(device.has("tls.certificate.expired", "gone"));
    device.finish();
    CHECK(device.has("tls.certificate.expired", "renamed"));
    // The policy is nobody's any more when there is no endpoint.
    set_clock(device, in_2028 * 2);
    device.config.tls.policy = "bsi-tr-02102-2";
    device.start();
    REQUIRE(device.present.count("tls.policy.expired") == 1);
    CHECK_FALSE(taken_back_by(device.config, "luks"));
    device.present.report(*taken_back_by(device.config, "tls"));
    CHECK(device.present.count("tls.policy.expired") == 1);
    device.config.tls.endpoints.clear();
    device.present.report(*taken_back_by(device.config, "tls"));
    CHECK(device.findings().empty());
}

TEST_CASE("The policy's dates count: its own, and that of each item", "[REQ-76]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    device.config.tls.policy = "bsi-tr-02102-2";
    const TlsServer server(device.authority.issue("server", {.ends = 3000 * day}), {"-tls1_2", "-groups", "P-256"});
    device.add("server", server.address());
    device.start();
    CHECK_FALSE(device.has("tls.policy.expired", "bsi-tr-02102-2"));
    CHECK_FALSE(device.has("tls.protocol.not-recommended"));
    set_clock(device, in_2028);
    device.check();
    CHECK(device.text("tls.policy.expired", "bsi-tr-02102-2").find("until 2027-12-31") != std::string::npos);
    CHECK_FALSE(device.has("tls.protocol.not-recommended"));
    set_clock(device, in_2032);
    device.check();
    CHECK(device.text("tls.protocol.not-recommended").find("TLS 1.2") != std::string::npos);
    CHECK(device.has("tls.cipher.not-recommended"));
    // A clock that is plainly wrong makes no policy old, and takes nothing back.
    device.clock.state_ = ClockState::unset;
    device.check();
    CHECK(device.has("tls.policy.expired", "bsi-tr-02102-2"));
}

TEST_CASE("A group that the policy forbids is weak", "[REQ-76]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    device.config.tls.policy = "bsi-tr-02102-2";
    const TlsServer server(device.authority.issue("server"),
                           {"-tls1_2", "-groups", "P-256:P-192", "-cipher", "ALL:@SECLEVEL=0"});
    device.add("server", server.address()).probe = TlsProbe::full;
    device.start();
    REQUIRE(device.has("tls.group.weak"));
    CHECK(device.text("tls.group.weak").find("secp192r1") != std::string::npos);
}

TEST_CASE("A bad endpoint holds up no other", "[REQ-79]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    const TlsServer server(device.authority.issue("server"));
    StubBehaviour drips;
    drips.then = StubBehaviour::Then::drip;
    drips.material = std::string("\x16\x03\x03\x00\x50\x02", 6);
    StubBehaviour resets;
    resets.then = StubBehaviour::Then::reset;
    const TlsStub silent(device.loop, {});
    const TlsStub slow(device.loop, drips);
    const TlsStub rude(device.loop, resets);
    for (const auto* const each : {&silent, &slow, &rude})
        device.add("bad-" + std::to_string(each->port()), each->address());
    device.add("server", server.address());
    device.make();
    device.watcher->start();
    // No time passes: the good one does not wait for the others' deadlines.
    REQUIRE(device.turn_until([&] { return device.watcher->counters().at("reached") == 1; }));
    device.advance(device.config.tls.timeout);
    device.finish();
    CHECK(device.watcher->counters().at("failures") == 3);
    CHECK(device.watcher->counters().at("reached") == 1);
}
