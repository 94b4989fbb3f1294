#include "sources/tpm_key_name.hpp"

#include <memory>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
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

// TPMT_PUBLIC of an RSA key (Part 2, 12.2.4), and nameAlg with its digest in front.
std::string name_of(const std::string& modulus, std::uint32_t exponent) {
    std::string area;
    append(area, alg_rsa, 2);
    append(area, alg_sha256, 2);
    append(area, attributes, 4);
    append(area, 0, 2);  // no authPolicy
    append(area, alg_null, 2);
    append(area, alg_null, 2);
    append(area, static_cast<std::uint32_t>(modulus.size() * 8), 2);
    append(area, exponent, 4);
    append(area, static_cast<std::uint32_t>(modulus.size()), 2);
    std::string name;
    append(name, alg_sha256, 2);
    return name + hash_of("sha256", area + modulus).value_or("");
}

}  // namespace

std::vector<std::string> systemd_key_names(std::string_view pem) {
    if (pem.size() > longest_pem) return {};
    const Owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    if (!bio) return {};
    const Owned<EVP_PKEY> key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_password, nullptr));
    if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA || EVP_PKEY_get_bits(key.get()) > most_bits) return {};
    const auto modulus = number_of(*key, OSSL_PKEY_PARAM_RSA_N);
    const auto exponent = number_of(*key, OSSL_PKEY_PARAM_RSA_E);
    if (!modulus || !exponent || BN_num_bits(exponent.get()) > 32) return {};
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(modulus.get())), '\0');
    BN_bn2bin(modulus.get(), reinterpret_cast<unsigned char*>(bytes.data()));
    const auto written = static_cast<std::uint32_t>(BN_get_word(exponent.get()));
    std::vector<std::string> names = {name_of(bytes, written)};
    if (written == usual_exponent) names.push_back(name_of(bytes, 0));
    return names;
}

}  // namespace integrityd
