#include <catch2/catch.hpp>

#include "sources/tls_certificate.hpp"
#include "support/temporary_directory.hpp"
#include "support/tls_authority.hpp"

using namespace integrityd;
using namespace integrityd::test;

TEST_CASE("Keys and signatures have the names that policies use") {
    const TemporaryDirectory directory;
    struct Case {
        TlsWish wish;
        std::string type;
        std::uint32_t bits;
        std::string signature;
    };
    TlsWish ec;
    TlsWish rsa;
    rsa.key = "rsa:1024";
    rsa.hash = "SHA1";
    TlsWish pss;
    pss.key = "rsa:2048";
    pss.pss = true;
    TlsWish ed;
    ed.key = "ed25519";
    TlsWish md5 = rsa;
    md5.hash = "MD5";
    for (const auto& each : {Case{ec, "ec", 256, "ecdsa-sha256"}, Case{rsa, "rsa", 1024, "rsa-sha1"},
                             Case{pss, "rsa", 2048, "rsa-pss-sha256"}, Case{ed, "ed25519", 256, "ed25519"},
                             Case{md5, "rsa", 1024, "rsa-md5"}}) {
        const auto facts = read_certificate(TlsAuthority::self_signed(directory.path(), "x", each.wish).der);
        REQUIRE(facts.ok());
        INFO(each.signature);
        CHECK(facts->key_type == each.type);
        CHECK(facts->key_bits == each.bits);
        CHECK(facts->signature == each.signature);
        CHECK(facts->self_issued);
    }
}

TEST_CASE("Names, times and roles are read, also far from now") {
    const TemporaryDirectory directory;
    TlsWish wish;
    wish.common_name = "line\nfeed";
    wish.names = {"DNS:a.test", "IP:192.0.2.1", "IP:2001:db8::1", "email:x@y.test"};
    wish.ends = 250LL * 365 * 86400;
    const auto facts = read_certificate(TlsAuthority::self_signed(directory.path(), "x", wish).der);
    REQUIRE(facts.ok());
    CHECK(facts->names == std::vector<std::string>{"a.test", "192.0.2.1", "2001:db8::1"});
    CHECK(facts->name_count == 3);
    CHECK(facts->not_after > 7'000'000'000);
    CHECK(facts->subject.find('\n') == std::string::npos);
    CHECK_FALSE(facts->authority);
    CHECK(facts->curve == "prime256v1");
    const TlsAuthority root(directory.path());
    CHECK(read_certificate(root.der())->authority);
}

TEST_CASE("The same key has the same SPKI digest in another certificate") {
    const TemporaryDirectory directory;
    const TlsAuthority root(directory.path());
    const auto first = root.issue("first");
    TlsWish wish;
    wish.same_key_as = "first";
    const auto second = root.issue("second", wish);
    CHECK(first.spki_sha256 == second.spki_sha256);
    CHECK(first.der != second.der);
    CHECK(first.spki_sha256.size() == 44);
}

TEST_CASE("What is no certificate is an error, with bytes behind it too") {
    const TemporaryDirectory directory;
    const auto der = TlsAuthority::self_signed(directory.path(), "x", {}).der;
    CHECK_FALSE(read_certificate("").ok());
    CHECK_FALSE(read_certificate(der + "x").ok());
    CHECK_FALSE(read_certificate(std::string(200'000, '0')).ok());
    for (std::size_t cut = 0; cut < der.size(); ++cut)
        CHECK_FALSE(read_certificate(der.substr(0, cut)).ok());
}
