#include <ctime>

#include <catch2/catch.hpp>

#include "sources/tls_policy.hpp"
#include "sources/tls_suites.hpp"
#include "sources/tls_types.hpp"

using namespace integrityd;

namespace {

const std::string directory = std::string(INTEGRITYD_SOURCE_ROOT) + "/policy/tls";

TlsPolicy bsi() {
    auto policy = load_tls_policy("bsi-tr-02102-2", directory);
    INFO((policy ? "" : policy.error().message));
    REQUIRE(policy.ok());
    return *policy;
}

std::int64_t day(int year, int month, int of_month) {
    std::tm utc{};
    utc.tm_year = year - 1900;
    utc.tm_mon = month - 1;
    utc.tm_mday = of_month;
    return timegm(&utc);
}

TlsCertificate with_key(const std::string& type, std::uint32_t bits, const std::string& curve = "") {
    TlsCertificate certificate;
    certificate.key_type = type;
    certificate.key_bits = bits;
    certificate.curve = curve;
    return certificate;
}

constexpr auto good = TlsStanding::recommended;
constexpr auto fair = TlsStanding::not_recommended;
constexpr auto weak = TlsStanding::weak;

}  // namespace

TEST_CASE("The policies that are delivered are read, and every item has an end and a source", "[REQ-76]") {
    for (const auto* const name : {"bsi-tr-02102-2", "mozilla-intermediate"}) {
        const auto policy = load_tls_policy(name, directory);
        INFO(name << ": " << (policy ? "" : policy.error().message));
        REQUIRE(policy.ok());
        CHECK(policy->name == name);
        for (const auto* const items : {&policy->protocols, &policy->ciphers, &policy->groups, &policy->signatures,
                                        &policy->keys, &policy->curves}) {
            CHECK_FALSE(items->empty());
            for (const auto& item : *items) {
                CHECK_FALSE(item.until_text.empty());
                CHECK_FALSE(item.source.empty());
            }
        }
    }
}

TEST_CASE("Every cipher suite of a policy that can be offered here has the number that its name stands for") {
    std::size_t compared = 0;
    for (const auto* const name : {"bsi-tr-02102-2", "mozilla-intermediate"}) {
        const auto policy = load_tls_policy(name, directory);
        for (const auto& item : policy->ciphers) {
            for (const auto& suite : offerable_suites()) {
                if (suite.id != item.id && suite.name != item.name) continue;
                CHECK(suite.name == item.name);
                CHECK(suite.id == item.id);
                ++compared;
            }
        }
        for (const auto& item : policy->groups)
            CHECK(group_name(static_cast<std::uint16_t>(item.id)) == item.name);
    }
    CHECK(compared > 40);
}

TEST_CASE("The BSI's policy: what is recommended, what is not, what is weak", "[REQ-76]") {
    const auto policy = bsi();
    const auto now = day(2026, 11, 22);
    CHECK(policy.protocol(tls_version::tls13, now).standing == good);
    CHECK(policy.protocol(tls_version::tls12, now).standing == good);
    CHECK(policy.protocol(tls_version::tls12, day(2032, 1, 1)).standing == fair);
    CHECK(policy.protocol(tls_version::tls12, day(2032, 1, 1)).why == "recommended until 2031 only");
    for (const auto version : {tls_version::tls10, tls_version::tls11, tls_version::ssl3})
        CHECK(policy.protocol(version, now).standing == weak);
    CHECK(policy.cipher(0x1301, now).standing == good);
    CHECK(policy.cipher(0x1303, now).standing == fair);  // ChaCha20
    CHECK(policy.cipher(0x1305, now).standing == fair);  // CCM_8
    CHECK(policy.cipher(0xc02f, now).standing == good);
    CHECK(policy.cipher(0xc027, now).standing == good);  // CBC with SHA-256
    CHECK(policy.cipher(0xc013, now).standing == weak);  // CBC with SHA-1
    CHECK(policy.cipher(0x009c, now).standing == weak);  // key transport by RSA
    CHECK(policy.cipher(0x0034, now).standing == weak);  // anonymous
    CHECK(policy.cipher(0x009e, day(2030, 1, 1)).standing == fair);
    CHECK(policy.group(23, 0, now).standing == good);
    CHECK(policy.group(29, 0, now).standing == fair);
    CHECK(policy.group(256, 0, now).why == "recommended until 2022 only");
    CHECK(policy.group(19, 0, now).standing == weak);
    CHECK(policy.group(0, 1024, now).standing == weak);
    CHECK(policy.group(0, 2048, now).standing == fair);
    CHECK(policy.group(0, 3072, now).standing == good);
}

TEST_CASE("Keys and signatures by the BSI's policy", "[REQ-76]") {
    const auto policy = bsi();
    const auto now = day(2026, 11, 22);
    CHECK(policy.key(with_key("rsa", 1024), now).standing == weak);
    CHECK(policy.key(with_key("rsa", 2048), now).standing == fair);
    CHECK(policy.key(with_key("rsa", 2048), day(2023, 6, 1)).standing == good);
    CHECK(policy.key(with_key("rsa", 3072), now).standing == good);
    CHECK(policy.key(with_key("ec", 256, "prime256v1"), now).standing == good);
    CHECK(policy.key(with_key("ec", 256, "secp256k1"), now).standing == fair);
    CHECK(policy.key(with_key("ec", 192, "prime192v1"), now).standing == weak);
    CHECK(policy.key(with_key("ed25519", 256), now).standing == fair);
    CHECK(policy.signature("rsa-sha256", day(2025, 12, 31)).standing == good);
    CHECK(policy.signature("rsa-sha256", now).standing == fair);
    CHECK(policy.signature("ecdsa-sha256", now).standing == good);
    CHECK(policy.signature("rsa-sha1", now).standing == weak);
    CHECK(policy.signature("rsa-md5", now).standing == weak);
}

TEST_CASE("Mozilla's policy has ChaCha20 and x25519, and no CBC") {
    const auto policy = *load_tls_policy("mozilla-intermediate", directory);
    const auto now = day(2026, 11, 22);
    CHECK(policy.cipher(0x1303, now).standing == good);
    CHECK(policy.group(29, 0, now).standing == good);
    CHECK(policy.cipher(0xc027, now).standing == fair);
    CHECK(policy.key(with_key("rsa", 2048), now).standing == good);
}

TEST_CASE("A policy past its own date says so", "[REQ-76]") {
    const auto policy = bsi();
    CHECK_FALSE(policy.expired(day(2027, 12, 31)));
    CHECK(policy.expired(day(2028, 1, 1)));
}

TEST_CASE("A policy's file that is wrong is an error with its place") {
    CHECK_FALSE(load_tls_policy("none", directory).ok());
    CHECK_FALSE(load_tls_policy("../tls/bsi-tr-02102-2", directory).ok());
    CHECK(load_tls_policy(directory + "/bsi-tr-02102-2.toml", "/none").ok());
    const auto no_source = read_tls_policy(
        "name = \"x\"\ntitle = \"x\"\ndate = \"2026-01-01\"\nuntil = \"2027\"\n[[protocol]]\nname = \"TLS 1.3\"\nuntil "
        "= \"2027\"\nsource = \"y\"\n",
        "x.toml");
    REQUIRE_FALSE(no_source.ok());
    CHECK(no_source.error().message == "x.toml:5:1: source is none of [[source]]");
    CHECK_FALSE(read_tls_policy("name = \"x\"\ntitle = \"x\"\ndate = \"x\"\nuntil = \"soon\"\n", "x.toml").ok());
    CHECK_FALSE(read_tls_policy(std::string(2U << 20, '#'), "x.toml").ok());
}
