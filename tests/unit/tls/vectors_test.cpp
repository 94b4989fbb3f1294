// Real chains of the web: the verdict is the one that their collections say.
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/canonical_json.hpp"
#include "sources/tls_certificate.hpp"
#include "sources/tls_policy.hpp"
#include "sources/tls_trust.hpp"
#include "support/skip.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

namespace fs = std::filesystem;

fs::path vectors() {
    const char* const set = std::getenv("INTEGRITYD_VECTORS");
    if (set != nullptr) return fs::path(set) / "tls";
    for (fs::path up = INTEGRITYD_SOURCE_ROOT; up != up.root_path(); up = up.parent_path()) {
        if (fs::exists(up / "shared" / "vectors" / "tls")) return up / "shared" / "vectors" / "tls";
    }
    return {};
}

bool have_vectors() {
    return skip_unless(fs::exists(vectors() / "MANIFEST.md"), "needs the vectors (INTEGRITYD_VECTORS)");
}

std::string content(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

const Value& member(const Value& of, const std::string& name) {
    return of.get<ValueMap>()->at(name);
}

std::vector<std::string> ders(const Value& list) {
    std::vector<std::string> out;
    for (const auto& each : *list.get<ValueList>())
        out.push_back(read_pem_certificates(each.text()).at(0));
    return out;
}

std::int64_t time_of(const std::string& text) {
    std::tm utc{};
    (void)strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
    return timegm(&utc);
}

std::vector<std::string> badssl(const std::string& name) {
    return read_pem_certificates(content(vectors() / "badssl/certs/sets/prod/pregen/chain" / name));
}

// With the highest certificate of the file for the authority.
TlsChainVerdict judged(const std::string& file, const std::string& name) {
    auto chain = badssl(file);
    const auto trust = *TlsTrust::from_certificates({chain.back()});
    return trust->verify({chain, name, "", read_certificate(chain.front())->not_after - 86400});
}

}  // namespace

TEST_CASE("Chains of x509-limbo are judged as it expects", "[REQ-75]") {
    if (!have_vectors()) return;
    std::size_t judged_chains = 0;
    for (const auto& entry : fs::directory_iterator(vectors() / "x509-limbo/limbo/_assets/online")) {
        const auto read = read_json(content(entry.path()));
        INFO(entry.path().filename());
        REQUIRE(read.ok());
        auto chain = ders(member(*read, "untrusted_intermediates"));
        chain.insert(chain.begin(), read_pem_certificates(member(*read, "peer_certificate").text()).at(0));
        const auto trust = *TlsTrust::from_certificates(ders(member(*read, "trusted_certs")));
        const std::string name(member(member(*read, "expected_peer_name"), "value").text());
        const auto now = time_of(std::string(member(*read, "validation_time").text()));
        const auto verdict = trust->verify({chain, name, "", now});
        const bool valid_in_time = [&] {
            const auto leaf = read_certificate(chain.front());
            return leaf->not_before <= now && now <= leaf->not_after;
        }();
        const bool good = verdict.trusted && verdict.name_matches && valid_in_time;
        CHECK(good == (member(*read, "expected_result").text() == "SUCCESS"));
        CHECK_FALSE(trust->verify({chain, "other.example", "", now}).name_matches);
        // The same chain under somebody else's authority is nothing.
        const auto stranger = *TlsTrust::from_certificates({badssl("wildcard-self-signed.pem").front()});
        CHECK_FALSE(stranger->verify({chain, name, "", now}).trusted);
        ++judged_chains;
    }
    CHECK(judged_chains >= 14);
}

TEST_CASE("Chains of badssl.com have the fault that they are named after", "[REQ-75]") {
    if (!have_vectors()) return;
    for (const auto* const file :
         {"wildcard-rsa2048.pem", "wildcard-rsa4096.pem", "wildcard-rsa8192.pem", "wildcard-ecc256.pem",
          "wildcard-ecc384.pem", "wildcard-expired.pem", "wildcard-sha1-intermediate.pem"}) {
        const auto verdict = judged(file, "x.badssl.com");
        INFO(file << ": " << (verdict.reasons.empty() ? "" : verdict.reasons.front()));
        CHECK(verdict.trusted);
        CHECK(verdict.name_matches);
        CHECK_FALSE(judged(file, "badssl.org").name_matches);
    }
    CHECK(read_certificate(badssl("wildcard-expired.pem").front())->not_after < time_of("2016-01-01T00:00:00"));
    CHECK(judged("subdomain-no-common-name.pem", "no-common-name.badssl.com").name_matches);
    CHECK(judged("subdomain-no-subject.pem", "no-subject.badssl.com").name_matches);
    CHECK(read_certificate(badssl("subdomain-no-subject.pem").front())->subject.empty());
    CHECK(read_certificate(badssl("subdomain-1000-sans.pem").front())->name_count == 1000);
    CHECK_FALSE(read_certificate(badssl("subdomain-10000-sans.pem").front()).ok());  // over the limit: 128 KiB
}

TEST_CASE("What badssl.com left out or signed itself is not trusted", "[REQ-75]") {
    if (!have_vectors()) return;
    const auto chain = badssl("wildcard-incomplete-chain.pem");
    const auto root = *TlsTrust::from_certificates({badssl("wildcard-rsa8192.pem").back()});
    const auto time = read_certificate(chain.front())->not_after - 86400;
    CHECK_FALSE(root->verify({chain, "x.badssl.com", "", time}).trusted);
    CHECK_FALSE(root->verify({badssl("wildcard-self-signed.pem"), "x.badssl.com", "", time}).trusted);
    for (const auto* const file :
         {"subdomain-superfish.pem", "subdomain-edellroot.pem", "subdomain-dsdtestprovider.pem"})
        CHECK_FALSE(root->verify({badssl(file), "x.badssl.com", "", time}).trusted);
}

TEST_CASE("Weak signatures and keys of real certificates are seen by the policy") {
    if (!have_vectors()) return;
    const auto policy = *load_tls_policy("bsi-tr-02102-2", std::string(INTEGRITYD_SOURCE_ROOT) + "/policy/tls");
    const auto now = time_of("2026-11-22T00:00:00");
    for (const auto* const file : {"wildcard-sha1-2016.pem", "wildcard-sha1-2017.pem"})
        CHECK(policy.signature(read_certificate(badssl(file).front())->signature, now).standing == TlsStanding::weak);
    CHECK(policy.signature(read_certificate(badssl("wildcard-sha1-intermediate.pem").at(1))->signature, now).standing ==
          TlsStanding::weak);
    CHECK(policy.key(*read_certificate(badssl("wildcard-rsa2048.pem").front()), now).standing ==
          TlsStanding::not_recommended);
    CHECK(policy.key(*read_certificate(badssl("wildcard-ecc256.pem").front()), now).standing ==
          TlsStanding::recommended);
    const auto weak = read_certificate(read_pem_certificates(content(vectors() / "openssl-probe/weak.pem")).front());
    CHECK(policy.key(*weak, now).standing == TlsStanding::weak);
    CHECK(policy.signature(weak->signature, now).standing == TlsStanding::weak);
}
