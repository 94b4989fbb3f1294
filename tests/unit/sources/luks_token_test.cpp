// Tokens, the objects in them, and whether a TPM would unseal them: against values that a real TPM sealed.
#include "sources/luks_token.hpp"

#include <catch2/catch.hpp>

#include "core/canonical_json.hpp"
#include "sources/tpm_key_name.hpp"
#include "sources/tpm_policy.hpp"
#include "unit/sources/luks_vectors.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

LuksTokenFacts token_of(const std::string& name) {
    const auto metadata = luks_metadata(name);
    REQUIRE(metadata.tokens.size() >= 1);
    return parse_luks_token(metadata.tokens[0]);
}
ValueMap content_of(const std::string& name) {
    return luks_metadata(name).tokens.at(0).content;
}

std::vector<PcrBank> moved(unsigned pcr) {
    auto banks = enrolment_pcrs();
    banks[0].values[pcr][3] ^= 1;
    return banks;
}

}  // namespace

TEST_CASE("systemd's token is decoded down to the policy of the sealed key", "[REQ-51]") {
    if (!have_luks_vectors()) return;
    const auto token = token_of("good");
    CHECK(token.means == LuksMeans::tpm2);
    CHECK(token.problem.empty());
    CHECK(token.unknown.empty());
    REQUIRE(token.sealed.size() == 1);
    const SealedKey& key = token.sealed[0];
    CHECK(key.pcrs == std::vector<unsigned>{7});
    CHECK(key.bank == "sha256");
    CHECK(key.object.attributes == 0x12);
    CHECK(key.stated == key.object.auth_policy);
    CHECK(to_hex(key.object.auth_policy).starts_with("367aa95738bfa68e"));
    CHECK_FALSE(is_policy_empty(key));
    CHECK_FALSE(is_sealed_to_start_values(key));
}

TEST_CASE("whether the TPM unseals follows from the PCRs", "[REQ-52]") {
    if (!have_luks_vectors()) return;
    const auto banks = enrolment_pcrs();
    for (const auto* const name : {"good", "good2", "pcr7-11", "pin", "clevis"}) {
        INFO(name);
        CHECK(will_unseal(token_of(name), banks).answer == Unsealing::yes);
        const auto after = will_unseal(token_of(name), moved(7));
        CHECK(after.answer == Unsealing::no);
        CHECK(after.because.find('7') != std::string::npos);
        CHECK(will_unseal(token_of(name), moved(0)).answer == Unsealing::yes);
    }
    CHECK(will_unseal(token_of("pcr7-11"), moved(11)).answer == Unsealing::no);
    CHECK(will_unseal(token_of("pin"), banks).because.find("PIN") != std::string::npos);
    CHECK(will_unseal(token_of("good"), {PcrBank{TpmHash::sha1, {}}}).answer == Unsealing::no);
}

TEST_CASE("a signed policy is computed, and what depends on a signature is not known", "[REQ-52]") {
    if (!have_luks_vectors()) return;
    const auto token = token_of("pubkey");
    CHECK(token.sealed.at(0).signed_pcrs == std::vector<unsigned>{11});
    const auto now = will_unseal(token, enrolment_pcrs());
    CHECK(now.answer == Unsealing::unknown);
    CHECK(now.because.find("signature") != std::string::npos);
    CHECK(will_unseal(token, moved(7)).answer == Unsealing::no);
}

TEST_CASE("a signed policy alone needs no bank of PCRs of its own", "[REQ-52]") {
    if (!have_luks_vectors()) return;
    auto token = token_of("pubkey");
    SealedKey& key = token.sealed.at(0);
    key.pcrs.clear();
    PolicyDigest policy("sha256");
    policy.authorize(systemd_key_names(key.public_key).at(0));
    key.object.auth_policy = policy.value();
    key.stated = policy.value();
    for (const TpmHash bank : {TpmHash::sha256, TpmHash::sha384}) {
        const auto forecast = will_unseal(token, {PcrBank{bank, {}}});
        CHECK(forecast.answer == Unsealing::unknown);
        CHECK(forecast.because.find("signature") != std::string::npos);
    }
}

TEST_CASE("a policy that stands in the TPM is not known, whatever the PCRs are", "[REQ-52]") {
    if (!have_luks_vectors()) return;
    auto content = content_of("good");
    content["tpm2_pcrlock"] = true;
    const auto token = parse_systemd_tpm2_token(content);
    REQUIRE(token.sealed.size() == 1);
    for (const auto& banks : {enrolment_pcrs(), moved(7)}) {
        const auto forecast = will_unseal(token, banks);
        CHECK(forecast.answer == Unsealing::unknown);
        CHECK(forecast.because.find("systemd-pcrlock") != std::string::npos);
    }
}

TEST_CASE("a policy that an ECC key signs is computed as one of an RSA key is", "[REQ-52]") {
    if (!have_luks_vectors()) return;
    // A key on P-256, in the token that systemd made of an RSA key: as 255 and later make it.
    const std::string pem = R"(-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt
6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==
-----END PUBLIC KEY-----
)";
    auto token = token_of("pubkey");
    SealedKey& key = token.sealed.at(0);
    key.public_key = pem;
    PolicyDigest policy("sha256");
    policy.authorize(systemd_key_names(pem).at(0));
    REQUIRE(policy.pcr(enrolment_pcrs().at(0), {7}));
    key.object.auth_policy = policy.value();
    key.stated = policy.value();
    CHECK(will_unseal(token, enrolment_pcrs()).because.find("signature") != std::string::npos);
    CHECK(will_unseal(token, moved(7)).answer == Unsealing::no);
    key.public_key = "no key";
    CHECK(will_unseal(token, moved(7)).answer == Unsealing::unknown);
}

TEST_CASE("a policy that demands nothing is known as such", "[REQ-51]") {
    if (!have_luks_vectors()) return;
    CHECK(is_policy_empty(token_of("pcr-empty").sealed.at(0)));
    CHECK(is_policy_empty(token_of("clevis-nopcr").sealed.at(0)));
    CHECK(will_unseal(token_of("clevis-nopcr"), enrolment_pcrs()).answer == Unsealing::yes);
    SealedKey fresh = token_of("good").sealed.at(0);
    fresh.object.auth_policy = *from_hex("8b5682d81b29435d08d79278150611dc7e5923b2fefcce684a09577b40130a8b");
    CHECK(is_sealed_to_start_values(fresh));
    CHECK_FALSE(is_policy_empty(fresh));
}

TEST_CASE("a token that contradicts its sealed key will not unseal", "[REQ-52]") {
    if (!have_luks_vectors()) return;
    CHECK(will_unseal(token_of("token-policyhash-zeroed"), enrolment_pcrs()).answer == Unsealing::no);
    CHECK(will_unseal(token_of("token-pcrs-edited"), enrolment_pcrs()).answer == Unsealing::no);
}

TEST_CASE("clevis's token is decoded, and the shares of sss with it", "[REQ-51]") {
    if (!have_luks_vectors()) return;
    const auto token = token_of("clevis");
    CHECK(token.means == LuksMeans::clevis);
    REQUIRE(token.sealed.size() == 1);
    CHECK(token.sealed[0].pcrs == std::vector<unsigned>{7});
    CHECK(token.sealed[0].object.attributes == 0x492);
    CHECK(token_of("clevis-nopcr").sealed.at(0).object.attributes == 0x4d2);

    const auto url = [](std::string text) {
        text = to_base64(text);
        text.resize(text.find_last_not_of('=') + 1);
        for (char& each : text)
            each = each == '+' ? '-' : each == '/' ? '_' : each;
        return text;
    };
    const std::string inner(content_of("clevis").at("jwe").get<ValueMap>()->at("protected").text());
    const std::string tang = url(R"({"alg":"ECDH-ES","clevis":{"pin":"tang","tang":{"url":"http://x"}}})");
    const auto shares = [&](const std::string& needed) {
        const std::string header = R"({"clevis":{"pin":"sss","sss":{"p":"x","t":)" + needed + R"(,"jwe":[")" + inner +
                                   R"(.a.b.c.d",")" + tang + R"(.a.b.c.d"]}}})";
        return parse_clevis_token({{"jwe", ValueMap{{"protected", url(header)}}}});
    };
    CHECK(will_unseal(shares("1"), enrolment_pcrs()).answer == Unsealing::yes);
    CHECK(will_unseal(shares("2"), enrolment_pcrs()).answer == Unsealing::unknown);
    CHECK(will_unseal(shares("2"), moved(7)).answer == Unsealing::no);
    CHECK(will_unseal(shares("1"), moved(7)).answer == Unsealing::unknown);
    CHECK_FALSE(shares("3").problem.empty());
    CHECK_FALSE(shares("0").problem.empty());
}

TEST_CASE("a member that this version does not know is named", "[REQ-51]") {
    if (!have_luks_vectors()) return;
    auto content = content_of("good");
    content["tpm2_pcrlock"] = true;
    content["tpm2-future"] = "x";
    const auto token = parse_systemd_tpm2_token(content);
    CHECK(token.unknown == std::vector<std::string>{"tpm2-future", "tpm2_pcrlock"});
    CHECK(will_unseal(token, enrolment_pcrs()).answer == Unsealing::unknown);
    content = content_of("good");
    content["tpm2_pcrlock"] = false;
    content["tpm2_salt"] = "AAAA";
    CHECK(parse_systemd_tpm2_token(content).unknown.empty());
    content["tpm2-salt"] = "AAAA";
    CHECK_FALSE(parse_systemd_tpm2_token(content).problem.empty());
}

TEST_CASE("the spellings of systemd 248 and of 257 are both read", "[REQ-51]") {
    if (!have_luks_vectors()) return;
    auto content = content_of("good");
    for (const auto* const later : {"tpm2-pcr-bank", "tpm2-primary-alg", "tpm2-pin"})
        content.erase(later);
    CHECK(will_unseal(parse_systemd_tpm2_token(content), enrolment_pcrs()).answer == Unsealing::yes);
    content["tpm2-blob"] = ValueList{content["tpm2-blob"]};
    content["tpm2-policy-hash"] = ValueList{content["tpm2-policy-hash"]};
    CHECK(will_unseal(parse_systemd_tpm2_token(content), enrolment_pcrs()).answer == Unsealing::yes);
    content["tpm2-policy-hash"] = ValueList{};
    CHECK_FALSE(parse_systemd_tpm2_token(content).problem.empty());
}

TEST_CASE("a token that is cut or wrong anywhere is a problem, not a policy", "[REQ-51]") {
    if (!have_luks_vectors()) return;
    const auto good = content_of("good");
    const std::string blob = *from_base64(good.at("tpm2-blob").text());
    for (std::size_t size = 0; size < blob.size(); ++size) {
        auto content = good;
        content["tpm2-blob"] = to_base64(blob.substr(0, size));
        const auto token = parse_systemd_tpm2_token(content);
        REQUIRE_FALSE(token.problem.empty());
        REQUIRE(token.sealed.empty());
    }
    for (const auto* const name : {"tpm2-pcrs", "tpm2-blob", "tpm2-policy-hash", "tpm2-pin"}) {
        auto content = good;
        content[name] = ValueList{Value("x"), Value(24)};
        CHECK_FALSE(parse_systemd_tpm2_token(content).problem.empty());
    }
    CHECK_FALSE(parse_clevis_token({}).problem.empty());
    CHECK_FALSE(parse_clevis_token({{"jwe", ValueMap{{"protected", "e30"}}}}).problem.empty());
}

TEST_CASE("tokens without a TPM say what they are") {
    const auto means = [](const std::string& type) { return parse_luks_token({0, type, {}, {}, ""}).means; };
    CHECK(means("systemd-recovery") == LuksMeans::recovery);
    CHECK(means("systemd-fido2") == LuksMeans::fido2);
    CHECK(means("systemd-pkcs11") == LuksMeans::pkcs11);
    CHECK(means("systemd-empty") == LuksMeans::nothing);
    CHECK(means("luks2-keyring") == LuksMeans::keyring);
    CHECK(means("anything") == LuksMeans::unknown);
}
