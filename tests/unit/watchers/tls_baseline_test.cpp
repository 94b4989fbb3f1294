// What was accepted of endpoints, of real openssl servers.
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
