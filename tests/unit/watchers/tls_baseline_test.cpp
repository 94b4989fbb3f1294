// What was accepted of endpoints, of real openssl servers.
#include "catalogue_kinds.hpp"
#include "unit/watchers/tls_device.hpp"

using namespace integrityd;
using namespace integrityd::test;

TEST_CASE("An acceptance of something else than what was shown is refused", "[REQ-78]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    TlsServer server(device.authority.issue("first"));
    device.add("server", server.address());
    device.start();
    const auto shown = device.watcher->diff_baseline();
    server.serve(device.authority.issue("second"));
    device.check();
    CHECK(device.watcher->accept_baseline(shown->digest, Wanted()).error().code == ECANCELED);
    device.baselines.tampered = true;
    device.check();
    CHECK(device.present.health_now.reason == "the baseline is not what was accepted");
}

TEST_CASE("What was exported of endpoints can be imported, and what is no baseline is refused", "[REQ-78]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    TlsServer server(device.authority.issue("first"));
    device.add("server", server.address());
    device.start();
    device.accept();
    const ValueMap exported = device.baselines.load("tls").value()->content;
    server.serve(device.authority.issue("second"));
    device.check();
    device.accept();
    REQUIRE(device.present.held.empty());
    ValueMap other_version = exported;
    other_version["version"] = 2;
    ValueMap with_more = exported;
    with_more["more"] = "words";
    for (const ValueMap& document : {ValueMap{}, ValueMap{{"version", 1}, {"images", "all"}}, other_version, with_more})
        CHECK(device.watcher->import_baseline(document).error().code == EINVAL);
    REQUIRE(device.watcher->import_baseline(exported));
    CHECK(device.present.has("tls.certificate.renewed", "server"));
    CHECK(device.baselines.load("tls").value()->content == exported);
}

TEST_CASE("Who accepts what was found at one endpoint accepts nothing of another", "[REQ-78]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    TlsServer server(device.authority.issue("first"));
    device.add("renewed", server.address());
    device.add("pinned", server.address()).spki_sha256 = {std::string(43, 'A') + "="};
    device.start();
    device.accept();
    REQUIRE(device.findings().empty());
    server.serve(device.authority.issue("second"));
    device.check();
    REQUIRE(device.has("tls.certificate.renewed", "renewed"));
    REQUIRE(device.has("tls.pin.mismatch", "pinned"));
    const std::string digest = device.watcher->diff_baseline()->digest;
    const Wanted one({{&kinds::tls_certificate_renewed, "renewed"}});
    REQUIRE(device.watcher->accept_baseline(digest, one));
    CHECK_FALSE(device.has("tls.certificate.renewed", "renewed"));
    CHECK(device.has("tls.pin.mismatch", "pinned"));
    CHECK(device.present.held.size() == 1);
}

TEST_CASE("What was accepted on a path that nobody vouches for is the key, and another key is told", "[REQ-78]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    const TemporaryDirectory elsewhere;
    const auto accepted = TlsAuthority::self_signed(elsewhere.path(), "accepted", {});
    TlsServer server(accepted);
    device.add("server", server.address());
    device.start();
    device.accept();
    REQUIRE_FALSE(device.has("tls.issuer.changed"));
    const bool vouched = GENERATE(true, false);
    server.serve(vouched ? device.authority.issue("other") : TlsAuthority::self_signed(elsewhere.path(), "other", {}));
    device.check();
    REQUIRE(device.has("tls.issuer.changed"));
    SECTION("until it is accepted") {
        device.accept();
    }
    SECTION("until the accepted one is back") {
        server.serve(accepted);
        device.check();
    }
    CHECK_FALSE(device.has("tls.issuer.changed"));
}

TEST_CASE("Another chain of authorities is not over while the path cannot be verified", "[REQ-78]") {
    if (!can_serve_tls()) return;
    TlsDevice device;
    const auto accepted = device.authority.issue("first");
    TlsServer server(accepted);
    device.add("server", server.address());
    device.start();
    device.accept();
    auto files = device.authority.intermediate("Issuing").issue("second", {.same_key_as = "first"});
    server.serve(files);
    device.check();
    REQUIRE(device.has("tls.endpoint.changed"));
    REQUIRE(device.has("tls.issuer.changed"));
    files.chain.clear();
    server.serve(files);
    device.check();
    CHECK(device.has("tls.endpoint.changed"));
    CHECK(device.has("tls.issuer.changed"));
    server.serve(accepted);
    device.check();
    CHECK(device.findings().empty());
}
