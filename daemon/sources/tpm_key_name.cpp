#include "sources/tpm_key_name.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>

#include "sources/hash_of.hpp"

namespace integrityd {

namespace {

// The largest RSA key that a TPM is known to take has 4096 bits: 800 bytes of PEM.
constexpr std::size_t longest_pem = 16U << 10;
constexpr int most_bits = 4096;
constexpr std::uint32_t usual_exponent = 65537;
// TPMA_OBJECT decrypt, sign, userWithAuth: as systemd asks for it.
constexpr std::uint32_t attributes = 0x60040;
constexpr std::uint16_t alg_rsa = 0x0001;
constexpr std::uint16_t alg_sha256 = 0x000b;
constexpr std::uint16_t alg_null = 0x0010;
constexpr std::uint16_t alg_ecc = 0x0023;

// TPM_ECC_CURVE (TCG Algorithm Registry) by OpenSSL's number.
struct Curve {
    int nid;
    std::uint16_t id;
    int bytes;
};
constexpr std::array<Curve, 3> curves = {
    {{NID_X9_62_prime256v1, 0x0003, 32}, {NID_secp384r1, 0x0004, 48}, {NID_secp521r1, 0x0005, 66}}};
// OpenSSL's longest name of a curve has 80 characters.
using CurveName = std::array<char, 128>;

struct Freed {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(BIGNUM* number) const { BN_free(number); }
};
template <typename T>
using Owned = std::unique_ptr<T, Freed>;

// For keys that are encrypted: nobody is asked.
int no_password(char* /*into*/, int /*size*/, int /*writing*/, void* /*user*/) {
    return -1;
}

void append(std::string& to, std::uint32_t number, int bytes) {
    for (int i = bytes - 1; i >= 0; --i)
        to += static_cast<char>(number >> (8 * i) & 0xffU);
}

Owned<BIGNUM> number_of(const EVP_PKEY& key, const char* name) {
    BIGNUM* number = nullptr;
    (void)EVP_PKEY_get_bn_param(&key, name, &number);
    return Owned<BIGNUM>(number);
}

// What TPMT_PUBLIC of every key begins with (Part 2, 12.2.4).
std::string area_of(std::uint16_t type) {
    std::string area;
    append(area, type, 2);
    append(area, alg_sha256, 2);
    append(area, attributes, 4);
    append(area, 0, 2);         // no authPolicy
    append(area, alg_null, 2);  // symmetric
    append(area, alg_null, 2);  // scheme
    return area;
}

// nameAlg, and the digest of the area.
std::string name_of(const std::string& area) {
    std::string name;
    append(name, alg_sha256, 2);
    return name + hash_of("sha256", area).value_or("");
}

void append_sized(std::string& to, const std::string& bytes) {
    append(to, static_cast<std::uint32_t>(bytes.size()), 2);
    to += bytes;
}

// `least`: zeros in front make it as long.
std::string bytes_of(const BIGNUM& number, int least) {
    std::string bytes(static_cast<std::size_t>(std::max(BN_num_bytes(&number), least)), '\0');
    (void)BN_bn2binpad(&number, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    return bytes;
}

std::string rsa_name(const std::string& modulus, std::uint32_t exponent) {
    std::string area = area_of(alg_rsa);
    append(area, static_cast<std::uint32_t>(modulus.size() * 8), 2);
    append(area, exponent, 4);
    append_sized(area, modulus);
    return name_of(area);
}

std::vector<std::string> rsa_names(const EVP_PKEY& key) {
    const auto modulus = number_of(key, OSSL_PKEY_PARAM_RSA_N);
    const auto exponent = number_of(key, OSSL_PKEY_PARAM_RSA_E);
    if (!modulus || !exponent || BN_num_bits(exponent.get()) > 32) return {};
    const std::string bytes = bytes_of(*modulus, 0);
    const auto written = static_cast<std::uint32_t>(BN_get_word(exponent.get()));
    std::vector<std::string> names = {rsa_name(bytes, written)};
    if (written == usual_exponent) names.push_back(rsa_name(bytes, 0));
    return names;
}

std::string ecc_name(const Curve& curve, const std::string& x, const std::string& y) {
    std::string area = area_of(alg_ecc);
    append(area, curve.id, 2);
    append(area, alg_null, 2);  // kdf
    append_sized(area, x);
    append_sized(area, y);
    return name_of(area);
}

const Curve* curve_of(const EVP_PKEY& key) {
    CurveName name{};
    if (EVP_PKEY_get_utf8_string_param(&key, OSSL_PKEY_PARAM_GROUP_NAME, name.data(), name.size(), nullptr) != 1)
        return nullptr;
    const int nid = OBJ_txt2nid(name.data());
    const auto* const found = std::ranges::find(curves, nid, &Curve::nid);
    return found == curves.end() ? nullptr : found;
}

std::vector<std::string> ecc_names(const EVP_PKEY& key) {
    const Curve* const curve = curve_of(key);
    const auto x = number_of(key, OSSL_PKEY_PARAM_EC_PUB_X);
    const auto y = number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y);
    if (curve == nullptr || !x || !y) return {};
    std::vector<std::string> names = {ecc_name(*curve, bytes_of(*x, curve->bytes), bytes_of(*y, curve->bytes))};
    const std::string bare = ecc_name(*curve, bytes_of(*x, 0), bytes_of(*y, 0));
    if (bare != names.front()) names.push_back(bare);
    return names;
}

}  // namespace

std::vector<std::string> systemd_key_names(std::string_view pem) {
    if (pem.size() > longest_pem) return {};
    const Owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    if (!bio) return {};
    const Owned<EVP_PKEY> key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_password, nullptr));
    if (!key || EVP_PKEY_get_bits(key.get()) > most_bits) return {};
    if (EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA) return rsa_names(*key);
    if (EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_EC) return ecc_names(*key);
    return {};
}

}  // namespace integrityd
