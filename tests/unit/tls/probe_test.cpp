// What one connection to a real openssl s_server shows.
#include "sources/tls_suites.hpp"
#include "support/skip.hpp"
#include "support/tls_rig.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

bool can_serve() {
    return skip_unless(have_openssl(), "needs openssl");
}

}  // namespace

TEST_CASE("A handshake shows version, cipher suite, group and the chain as it was sent") {
    if (!can_serve()) return;
    TlsRig rig;
    const auto below = rig.authority.intermediate("Issuing");
    const auto files = below.issue("server");
    const TlsServer server(files);
    const auto seen = rig.probe(server.address());
    INFO(seen.reason);
    REQUIRE(seen.outcome == TlsOutcome::finished);
    CHECK(seen.version == tls_version::tls13);
    CHECK(suite_name(seen.cipher) == "TLS_AES_256_GCM_SHA384");
    CHECK(group_name(seen.group) == "x25519");
    REQUIRE(seen.chain.size() == 2);
    CHECK(seen.chain[0] == files.der);
    CHECK(seen.chain[1] == below.der());
    CHECK(seen.address == server.address());
    CHECK_FALSE(seen.asks_client_certificate);
    CHECK(seen.received > 500);
}

TEST_CASE("Each protocol version that a server has is seen as accepted, and as refused by alert where it has not") {
    if (!can_serve()) return;
    TlsRig rig;
    const auto files = rig.authority.issue("server", {.key = "rsa:2048"});
    const auto [option, version] = GENERATE(table<std::string, std::uint16_t>({{"-tls1", tls_version::tls10},
                                                                               {"-tls1_1", tls_version::tls11},
                                                                               {"-tls1_2", tls_version::tls12},
                                                                               {"-tls1_3", tls_version::tls13}}));
    const TlsServer server(files, {option, "-cipher", "ALL:@SECLEVEL=0"});
    for (const std::uint16_t tried : {tls_version::tls10, tls_version::tls11, tls_version::tls12, tls_version::tls13}) {
        const auto seen = rig.probe(server.address(), only(tried));
        INFO(option << " tried with " << tls_version_name(tried) << ": " << seen.reason);
        if (tried == version) {
            CHECK(seen.outcome == TlsOutcome::finished);
            CHECK(seen.hello);
            CHECK(seen.version == version);
        } else {
            // Up to TLS 1.2 a server may answer with an older version than was offered (RFC 5246, E.1).
            const bool other = seen.hello ? seen.version < tried : seen.outcome == TlsOutcome::alert;
            CHECK(other);
        }
    }
    // A client that offers all finds what there is.
    CHECK(rig.probe(server.address()).version == version);
}

TEST_CASE("The group is seen in TLS 1.2 too, by number or by the length of its prime") {
    if (!can_serve()) return;
    TlsRig rig;
    const TlsServer server(rig.authority.issue("server", {.key = "rsa:2048"}),
                           {"-tls1_2", "-dhparam", rig.directory / "none"});
    auto offer = only(tls_version::tls12, TlsStop::key_exchange);
    offer.groups = "P-384";
    offer.ciphers = "ECDHE-RSA-AES128-GCM-SHA256";
    CHECK(group_name(rig.probe(server.address(), offer).group) == "secp384r1");
    offer.ciphers = "DHE-RSA-AES128-GCM-SHA256";
    const auto seen = rig.probe(server.address(), offer);
    INFO(seen.reason);
    CHECK(seen.dh_bits >= 2048);
}

TEST_CASE("A required client certificate is seen, and given where there is one") {
    if (!can_serve()) return;
    TlsRig rig;
    const auto version = GENERATE(std::string("-tls1_2"), std::string("-tls1_3"));
    const TlsServer server(rig.authority.issue("server"),
                           {version, "-Verify", "1", "-CAfile", rig.authority.file(), "-verify_return_error"});
    const auto without = rig.probe(server.address());
    CHECK(without.asks_client_certificate);
    CHECK_FALSE(without.chain.empty());
    // In TLS 1.3 the handshake is finished for the client when the server refuses.
    CHECK(without.outcome == TlsOutcome::alert);
    CHECK(without.refuses_client);
    CHECK(without.proven);
    CHECK(without.reason == (version == "-tls1_3" ? "the peer requires a client certificate: certificate required"
                                                  : "the peer requires a client certificate: handshake failure"));
    const auto files = rig.authority.issue("device", {.usage = "clientAuth"});
    auto context = TlsContext::make({files.certificate, files.key});
    REQUIRE(context.ok());
    rig.context = std::move(*context);
    CHECK(rig.probe(server.address()).outcome == TlsOutcome::finished);
}

TEST_CASE("A client certificate that cannot be used is told with its file") {
    TlsRig rig;
    const auto files = rig.authority.issue("device");
    const auto other = rig.authority.issue("other");
    CHECK(TlsContext::make({rig.directory / "none", files.key}).error().message.find("none") != std::string::npos);
    CHECK_FALSE(TlsContext::make({files.certificate, files.certificate}).ok());
    CHECK_FALSE(TlsContext::make({files.certificate, other.key}).ok());
    CHECK(is_key_uri("pkcs11:token=product;object=tls"));
    CHECK(is_key_uri("handle:0x81000001"));
    CHECK_FALSE(is_key_uri("/etc/ssl/private/device.key"));
}

TEST_CASE("STARTTLS leads to the same handshake") {
    if (!can_serve()) return;
    TlsRig rig;
    const auto files = rig.authority.issue("server");
    const TlsServer server(files);
    StubBehaviour behaviour;
    behaviour.upstream = server.port();
    Starttls protocol = Starttls::smtp;
    SECTION("smtp") {
        behaviour.greeting = "220 mail.test ESMTP\r\n";
        behaviour.dialogue = {{"EHLO ", "250-mail.test\r\n250-SIZE 1\r\n250 STARTTLS\r\n"},
                              {"STARTTLS\r\n", "220 go\r\n"}};
    }
    SECTION("imap") {
        protocol = Starttls::imap;
        behaviour.greeting = "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n";
        behaviour.dialogue = {{"a STARTTLS\r\n", "* BYE not yet\r\na OK begin\r\n"}};
    }
    SECTION("ldap") {
        protocol = Starttls::ldap;
        behaviour.dialogue = {
            {"\x30\x1d", std::string("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00", 14)}};
    }
    const TlsStub stub(rig.loop, behaviour);
    const auto seen = rig.probe(stub.address(), {}, protocol);
    INFO(seen.reason);
    CHECK(seen.outcome == TlsOutcome::finished);
    CHECK(seen.chain.size() == 1);
}

TEST_CASE("ALPN is offered and the choice is seen") {
    if (!can_serve()) return;
    TlsRig rig;
    const TlsServer server(rig.authority.issue("server"), {"-alpn", "opc"});
    CHECK(rig.probe(server.address(), {}, Starttls::none, {"h2", "opc"}).alpn == "opc");
}

TEST_CASE("Of several addresses the first that answers is taken, whatever its family") {
    if (!can_serve()) return;
    TlsRig rig;
    const TlsServer server(rig.authority.issue("server"));
    TlsTarget target;
    const auto dead = resolve_numeric({"127.0.0.1", "1"})->addresses.front();
    const auto living = resolve_numeric({"127.0.0.1", std::to_string(server.port())})->addresses.front();
    target.addresses = {dead, resolve_numeric({"::1", "1"})->addresses.front(), living};
    CHECK(rig.probe(target).address == server.address());
    target.addresses = {dead};
    const auto refused = rig.probe(target);
    CHECK(refused.outcome == TlsOutcome::refused);
    CHECK(refused.reason == "127.0.0.1:1: Connection refused");
    target.addresses = {};
    CHECK(rig.probe(target).outcome == TlsOutcome::no_route);
}

TEST_CASE("An address that never answers does not hold up the next one") {
    if (!can_serve()) return;
    TlsRig rig;
    const TlsServer server(rig.authority.issue("server"));
    // A full queue of a socket that nobody accepts from: further connections stay unanswered.
    const UniqueFd deaf(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(deaf.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(deaf.get(), 0) == 0);
    REQUIRE(getsockname(deaf.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    std::vector<UniqueFd> queued;
    for (int i = 0; i < 3; ++i) {
        queued.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        (void)connect(queued.back().get(), reinterpret_cast<sockaddr*>(&address), size);
    }
    TlsTarget target;
    const auto port = std::to_string(ntohs(address.sin_port));
    target.addresses = {resolve_numeric({"127.0.0.1", port})->addresses.front(),
                        resolve_numeric({"127.0.0.1", std::to_string(server.port())})->addresses.front()};
    CHECK(rig.probe(target).address == server.address());
}
