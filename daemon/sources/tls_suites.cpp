#include "sources/tls_suites.hpp"

#include <algorithm>
#include <array>

#include "sources/tls_context.hpp"
#include "sources/tls_context_parts.hpp"

namespace integrityd {

namespace {

// IANA, "TLS Supported Groups". OpenSSL 3.0 offers the brainpool curves up to TLS 1.2 only.
const std::vector<TlsGroup> groups = {
    {1, "sect163k1", "sect163k1"},
    {3, "sect163r2", "sect163r2"},
    {6, "sect233k1", "sect233k1"},
    {7, "sect233r1", "sect233r1"},
    {9, "sect283k1", "sect283k1"},
    {10, "sect283r1", "sect283r1"},
    {11, "sect409k1", "sect409k1"},
    {12, "sect409r1", "sect409r1"},
    {13, "sect571k1", "sect571k1"},
    {14, "sect571r1", "sect571r1"},
    {15, "secp160k1", "secp160k1"},
    {16, "secp160r1", "secp160r1"},
    {17, "secp160r2", "secp160r2"},
    {18, "secp192k1", "secp192k1"},
    {19, "secp192r1", "P-192"},
    {20, "secp224k1", "secp224k1"},
    {21, "secp224r1", "P-224"},
    {22, "secp256k1", "secp256k1"},
    {23, "secp256r1", "P-256", true},
    {24, "secp384r1", "P-384", true},
    {25, "secp521r1", "P-521", true},
    {26, "brainpoolP256r1", "brainpoolP256r1"},
    {27, "brainpoolP384r1", "brainpoolP384r1"},
    {28, "brainpoolP512r1", "brainpoolP512r1"},
    {29, "x25519", "X25519", true},
    {30, "x448", "X448", true},
    {31, "brainpoolP256r1tls13", ""},
    {32, "brainpoolP384r1tls13", ""},
    {33, "brainpoolP512r1tls13", ""},
    {256, "ffdhe2048", "ffdhe2048", true},
    {257, "ffdhe3072", "ffdhe3072", true},
    {258, "ffdhe4096", "ffdhe4096", true},
    {259, "ffdhe6144", "ffdhe6144", true},
    {260, "ffdhe8192", "ffdhe8192", true},
    {4587, "SecP256r1MLKEM768", ""},
    {4588, "X25519MLKEM768", ""},
    {4589, "SecP384r1MLKEM1024", ""},
};

std::string hex(std::uint16_t id) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "0x";
    for (int shift = 12; shift >= 0; shift -= 4)
        text += digits[(id >> shift) & 0xf];
    return text;
}

bool is_cbc(int cipher) {
    return cipher != NID_undef &&
           (EVP_CIPHER_get_flags(EVP_get_cipherbynid(cipher)) & EVP_CIPH_MODE) == EVP_CIPH_CBC_MODE;
}

std::string_view by_keys(const SSL_CIPHER* suite) {
    const int exchange = SSL_CIPHER_get_kx_nid(suite);
    if (SSL_CIPHER_get_auth_nid(suite) == NID_auth_null) return "anonymous";
    if (exchange == NID_kx_rsa) return "rsa";
    if (exchange == NID_kx_srp) return "srp";
    if (exchange == NID_kx_psk || exchange == NID_kx_rsa_psk || exchange == NID_kx_dhe_psk ||
        exchange == NID_kx_ecdhe_psk || SSL_CIPHER_get_auth_nid(suite) == NID_auth_psk)
        return "psk";
    return "";
}

std::string_view by_cipher(const SSL_CIPHER* suite, const std::string& name) {
    const auto has = [&](std::string_view word) { return name.find(word) != std::string::npos; };
    if (has("CAMELLIA")) return "camellia";
    if (has("ARIA")) return "aria";
    if (has("CHACHA20")) return "chacha20";
    if (has("CCM_8")) return "ccm8";
    if (is_cbc(SSL_CIPHER_get_cipher_nid(suite))) return has("_SHA256") || has("_SHA384") ? "cbc" : "cbc-sha1";
    if (SSL_CIPHER_get_auth_nid(suite) == NID_auth_dss || has("GOST")) return "other";
    return SSL_CIPHER_get_kx_nid(suite) == NID_kx_dhe ? "dhe" : "aead";
}

std::string_view class_of(const SSL_CIPHER* suite, const std::string& name) {
    const auto has = [&](std::string_view word) { return name.find(word) != std::string::npos; };
    if (SSL_CIPHER_get_cipher_nid(suite) == NID_undef || has("_NULL_")) return "null";
    if (has("EXPORT")) return "export";
    if (has("RC4")) return "rc4";
    if (has("3DES")) return "3des";
    if (has("_DES_")) return "des";
    if (name.ends_with("_MD5")) return "md5";
    if (const auto keys = by_keys(suite); !keys.empty()) return keys;
    return by_cipher(suite, name);
}

std::vector<TlsSuite> all_suites() {
    std::vector<TlsSuite> suites;
    const auto context = TlsContext::make({});
    if (!context) return suites;
    const std::unique_ptr<SSL, Release<SSL_free>> ssl(SSL_new((*context)->parts().context.get()));
    (void)SSL_set_cipher_list(ssl.get(), "ALL:COMPLEMENTOFALL:@SECLEVEL=0");
    (void)SSL_set_ciphersuites(ssl.get(),
                               "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:"
                               "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256");
    STACK_OF(SSL_CIPHER)* const list = SSL_get_ciphers(ssl.get());
    for (int i = 0; i < sk_SSL_CIPHER_num(list); ++i) {
        const SSL_CIPHER* const suite = sk_SSL_CIPHER_value(list, i);
        TlsSuite one;
        one.id = SSL_CIPHER_get_protocol_id(suite);
        one.name = SSL_CIPHER_standard_name(suite) != nullptr ? SSL_CIPHER_standard_name(suite) : hex(one.id);
        one.openssl = SSL_CIPHER_get_name(suite);
        one.tls13 = (one.id >> 8) == 0x13;
        one.family = class_of(suite, one.name);
        suites.push_back(std::move(one));
    }
    ERR_clear_error();
    std::ranges::sort(suites, {}, &TlsSuite::id);
    return suites;
}

const TlsSuite* find_suite(std::uint16_t id) {
    const auto& all = offerable_suites();
    const auto found = std::ranges::lower_bound(all, id, {}, &TlsSuite::id);
    return found != all.end() && found->id == id ? &*found : nullptr;
}

}  // namespace

const std::vector<std::string_view>& suite_classes() {
    static const std::vector<std::string_view> classes = {
        "null",     "anonymous", "export",   "rc4",  "des",      "3des", "md5",   "rsa", "psk",  "srp",
        "cbc-sha1", "cbc",       "chacha20", "ccm8", "camellia", "aria", "other", "dhe", "aead",
    };
    return classes;
}

const std::vector<TlsSuite>& offerable_suites() {
    static const std::vector<TlsSuite> suites = all_suites();
    return suites;
}

std::string suite_name(std::uint16_t id) {
    const TlsSuite* const suite = find_suite(id);
    return suite != nullptr ? suite->name : hex(id);
}

std::string suite_class(std::uint16_t id) {
    const TlsSuite* const suite = find_suite(id);
    return suite != nullptr ? suite->family : "";
}

const std::vector<TlsGroup>& known_groups() {
    return groups;
}

std::string group_name(std::uint16_t id) {
    const auto found = std::ranges::find(groups, id, &TlsGroup::id);
    return found != groups.end() ? std::string(found->name) : hex(id);
}

const std::vector<std::string>& not_offerable() {
    static const std::vector<std::string> missing = [] {
        std::vector<std::string> words = {"SSL 3.0"};
        const auto& all = offerable_suites();
        for (const auto& [family, name] :
             {std::pair{"rc4", "RC4"}, std::pair{"3des", "3DES"}, std::pair{"export", "export ciphers"}}) {
            const std::string_view wanted = family;
            if (std::ranges::none_of(all, [&](const auto& suite) { return suite.family == wanted; }))
                words.emplace_back(name);
        }
        return words;
    }();
    return missing;
}

}  // namespace integrityd
