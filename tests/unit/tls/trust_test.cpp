// Chains of our own making: trusted, and every way in which one is not.
#include <ctime>

#include <catch2/catch.hpp>

#include "sources/tls_certificate.hpp"
#include "sources/tls_trust.hpp"
#include "support/temporary_directory.hpp"
#include "support/tls_authority.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

struct Rig {
    TemporaryDirectory directory;
    TlsAuthority root{directory.path()};
    std::shared_ptr<const TlsTrust> trust = *TlsTrust::from_file(root.file());
    std::int64_t now = std::time(nullptr);

    [[nodiscard]] TlsChainVerdict ask(const std::vector<std::string>& chain, const std::string& name = "endpoint.test",
                                      const std::string& staple = "") const {
        return trust->verify({chain, name, staple, now});
    }
};

}  // namespace

TEST_CASE("A chain to an authority of the file is trusted, and its path goes up to the root") {
    const Rig rig;
    const auto below = rig.root.intermediate("Issuing");
    const auto files = below.issue("server");
    const auto verdict = rig.ask({files.der, below.der()});
    CHECK(verdict.trusted);
    CHECK(verdict.name_matches);
    REQUIRE(verdict.path.size() == 3);
    CHECK(verdict.path[2] == rig.root.der());
    // Sent in the wrong order, or with something that does not belong to it, it is the same chain.
    const auto stranger = TlsAuthority::self_signed(rig.directory.path(), "stranger", {});
    CHECK(rig.ask({files.der, stranger.der, below.der()}).trusted);
}

TEST_CASE("A chain that lacks a link, comes from elsewhere or from itself is not trusted") {
    const Rig rig;
    const auto below = rig.root.intermediate("Issuing");
    const auto files = below.issue("server");
    CHECK_FALSE(rig.ask({files.der}).trusted);
    TlsWish wish = TlsAuthority::root_wish();
    wish.common_name = "Product Root";  // of the same name, with another key
    const TemporaryDirectory elsewhere;
    const TlsAuthority other(elsewhere.path(), wish);
    const auto verdict = rig.ask({other.issue("server").der, other.der()});
    CHECK_FALSE(verdict.trusted);
    CHECK_FALSE(verdict.reasons.empty());
    CHECK(verdict.path.size() == 2);
    CHECK_FALSE(rig.ask({TlsAuthority::self_signed(rig.directory.path(), "self", {}).der}).trusted);
    CHECK_FALSE(rig.ask({}).trusted);
    CHECK_FALSE(rig.ask({"garbage"}).trusted);
}

TEST_CASE("A certificate that was made for something else is told as such") {
    const Rig rig;
    TlsWish wish;
    wish.usage = "clientAuth";
    const auto verdict = rig.ask({rig.root.issue("client", wish).der});
    CHECK_FALSE(verdict.trusted);
    CHECK(verdict.wrong_purpose);
    // A leaf that plays the authority.
    wish = {};
    const auto leaf = rig.root.issue("leaf", wish);
    CHECK(rig.ask({leaf.der}).trusted);
}

TEST_CASE("Names are compared as clients do") {
    const Rig rig;
    TlsWish wish;
    wish.names = {"DNS:*.product.test", "DNS:endpoint.test", "IP:192.0.2.7", "IP:2001:db8::7"};
    const std::vector<std::string> chain = {rig.root.issue("names", wish).der};
    CHECK(rig.ask(chain, "ENDPOINT.test").name_matches);
    CHECK(rig.ask(chain, "a.product.test").name_matches);
    CHECK(rig.ask(chain, "192.0.2.7").name_matches);
    CHECK(rig.ask(chain, "2001:db8::7").name_matches);
    CHECK_FALSE(rig.ask(chain, "a.b.product.test").name_matches);
    CHECK_FALSE(rig.ask(chain, "product.test").name_matches);
    CHECK_FALSE(rig.ask(chain, "192.0.2.8").name_matches);
    CHECK(rig.ask(chain, "other.test").trusted);
}

TEST_CASE("Times are no reason for distrust: who asks compares them, or cannot because the clock is wrong") {
    Rig rig;
    TlsWish wish;
    wish.begins = -20 * 86400;
    wish.ends = -86400;
    const std::vector<std::string> chain = {rig.root.issue("old", wish).der};
    CHECK(rig.ask(chain).trusted);
    rig.now = 3600;
    CHECK(rig.ask(chain).trusted);
    CHECK(rig.trust->verify({chain, "endpoint.test", "", std::nullopt}).trusted);
}

TEST_CASE("An endpoint's own certificate in the file is trusted without an authority") {
    Rig rig;
    const auto files = TlsAuthority::self_signed(rig.directory.path(), "self", {});
    rig.trust = *TlsTrust::from_file(files.certificate);
    CHECK(rig.ask({files.der}).trusted);
}

TEST_CASE("A stapled response says good or revoked; a strange, foreign or old one says nothing", "[REQ-77]") {
    Rig rig;
    const auto files = rig.root.issue("server");
    const auto other = rig.root.issue("other");
    const std::vector<std::string> chain = {files.der};
    const auto asked = [&](const std::string& staple) { return rig.ask(chain, "endpoint.test", staple).staple; };
    CHECK(asked("") == TlsStaple::none);
    CHECK(asked(rig.root.staple(files.der, false)) == TlsStaple::good);
    CHECK(asked(rig.root.staple(files.der, true)) == TlsStaple::revoked);
    CHECK(asked(rig.root.staple(other.der, true)) == TlsStaple::invalid);
    CHECK(asked("garbage") == TlsStaple::invalid);
    CHECK(asked(rig.root.staple(files.der, false, 30 * 86400)) == TlsStaple::invalid);
    CHECK(asked(rig.root.staple(files.der, true, 30 * 86400)) == TlsStaple::revoked);
    const TemporaryDirectory elsewhere;
    const TlsAuthority forger(elsewhere.path());
    CHECK(asked(forger.staple(files.der, true)) == TlsStaple::invalid);
}

TEST_CASE("Whoever signs a stapled response is judged at the same time as the certificate", "[REQ-77]") {
    constexpr std::int64_t begin = 4'000'000'000;  // 2096, not the machine's own time
    const TemporaryDirectory directory;
    const TlsAuthority root(directory.path(), TlsAuthority::root_wish(), begin);
    const auto files = root.issue("server");
    const auto trust = *TlsTrust::from_file(root.file());
    const auto asked = [&](std::optional<std::int64_t> now) {
        return trust->verify({{files.der}, "endpoint.test", root.staple(files.der, true), now}).staple;
    };
    CHECK(asked(begin) == TlsStaple::revoked);
    CHECK(asked(std::nullopt) == TlsStaple::revoked);
    CHECK(asked(begin) == TlsStaple::revoked);
    CHECK(asked(begin + 4000 * 86400LL) == TlsStaple::invalid);
    // An answer from before a revocation says good: without a clock it cannot be told from one of today.
    const std::string good = root.staple(files.der, false);
    CHECK(trust->verify({{files.der}, "endpoint.test", good, begin}).staple == TlsStaple::good);
    CHECK(trust->verify({{files.der}, "endpoint.test", good, std::nullopt}).staple == TlsStaple::invalid);
}

TEST_CASE("A file of authorities that is missing, empty or endless is an error with its name") {
    const TemporaryDirectory directory;
    CHECK(TlsTrust::from_file(directory / "none").error().message.find("none") != std::string::npos);
    CHECK_FALSE(TlsTrust::from_file("/dev/null").ok());
    CHECK_FALSE(TlsTrust::from_file("/dev/zero").ok());
}
