#include "sources/tls_certificate.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <ctime>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "core/digest.hpp"
#include "core/escape.hpp"
#include "sources/tls_openssl.hpp"

namespace integrityd {

namespace {

// As much as the list of certificates of one handshake.
constexpr std::size_t longest_certificate = 128U << 10;
constexpr std::size_t longest_name = 256;
constexpr std::size_t most_names = 16;
constexpr std::size_t most_in_file = 1000;

void release_names(GENERAL_NAMES* names) {
    GENERAL_NAMES_free(names);
}
void release_features(TLS_FEATURE* features) {
    TLS_FEATURE_free(features);
}
void release_bytes(unsigned char* bytes) {
    OPENSSL_free(bytes);
}

std::string text_of(BIO* bio) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio, &bytes);
    return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
}

std::string name_text(const X509_NAME* name) {
    const BioOwner bio(BIO_new(BIO_s_mem()));
    constexpr unsigned long flags = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
    if (!bio || X509_NAME_print_ex(bio.get(), name, 0, flags) < 0) return "";
    return escape_cut(text_of(bio.get()), longest_name);
}

std::int64_t seconds(const ASN1_TIME* time) {
    std::tm utc{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &utc) != 1) return 0;
    return static_cast<std::int64_t>(timegm(&utc));
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

// "sha256" of SHA256, "sha3-256" of SHA3-256.
std::string hash_name(int nid) {
    const char* const name = nid == NID_undef ? nullptr : OBJ_nid2sn(nid);
    return name != nullptr ? lower(name) : std::string();
}

std::string key_name(int type) {
    switch (type) {
        case EVP_PKEY_RSA:
            return "rsa";
        case EVP_PKEY_RSA_PSS:
            return "rsa-pss";
        case EVP_PKEY_EC:
            return "ec";
        case EVP_PKEY_DSA:
            return "dsa";
        case EVP_PKEY_ED25519:
            return "ed25519";
        case EVP_PKEY_ED448:
            return "ed448";
        default:
            return type > 0 ? lower(OBJ_nid2sn(type)) : "unknown";
    }
}

void read_key(X509* certificate, TlsCertificate& facts) {
    unsigned char* raw = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &raw);
    const std::unique_ptr<unsigned char, Release<release_bytes>> bytes(raw);
    if (size > 0) {
        const auto digest = sha256({reinterpret_cast<const char*>(raw), static_cast<std::size_t>(size)});
        facts.spki_sha256 = to_base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
    }
    EVP_PKEY* const key = X509_get0_pubkey(certificate);
    facts.key_type = key_name(key != nullptr ? EVP_PKEY_get_base_id(key) : 0);
    if (key == nullptr) return;
    facts.key_bits = static_cast<std::uint32_t>(std::max(EVP_PKEY_get_bits(key), 0));
    char curve[64] = {};
    if (facts.key_type == "ec" && EVP_PKEY_get_group_name(key, curve, sizeof curve, nullptr) == 1)
        facts.curve = escape_cut(curve, sizeof curve);
}

void read_signature(X509* certificate, TlsCertificate& facts) {
    int hash = NID_undef;
    int key = NID_undef;
    if (X509_get_signature_info(certificate, &hash, &key, nullptr, nullptr) == 1) {
        const std::string name = key == EVP_PKEY_EC ? "ecdsa" : key_name(key);
        facts.signature = hash == NID_undef ? name : name + "-" + hash_name(hash);
        return;
    }
    const int nid = X509_get_signature_nid(certificate);
    const int known = OBJ_find_sigid_algs(nid, &hash, &key);
    if (known == 1 && hash != NID_undef) {
        facts.signature = (key == NID_X9_62_id_ecPublicKey ? "ecdsa" : key_name(key)) + "-" + hash_name(hash);
        return;
    }
    facts.signature = nid == NID_undef ? "unknown" : lower(OBJ_nid2sn(nid));
}

std::string general_name(const GENERAL_NAME* name) {
    int type = 0;
    const auto* const value = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(name, &type));
    if (type != GEN_DNS && type != GEN_IPADD) return "";
    const std::string bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                            static_cast<std::size_t>(std::max(ASN1_STRING_length(value), 0)));
    if (type == GEN_DNS) return escape_cut(bytes, longest_name);
    char text[INET6_ADDRSTRLEN] = {};
    if (bytes.size() == 4) (void)inet_ntop(AF_INET, bytes.data(), text, sizeof text);
    if (bytes.size() == 16) (void)inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
    return text;
}

void read_names(X509* certificate, TlsCertificate& facts) {
    const std::unique_ptr<GENERAL_NAMES, Release<release_names>> names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        std::string name = general_name(sk_GENERAL_NAME_value(names.get(), i));
        if (name.empty()) continue;
        ++facts.name_count;
        if (facts.names.size() < most_names) facts.names.push_back(std::move(name));
    }
}

// RFC 7633: the feature status_request (5).
bool must_staple(X509* certificate) {
    const std::unique_ptr<TLS_FEATURE, Release<release_features>> features(
        static_cast<TLS_FEATURE*>(X509_get_ext_d2i(certificate, NID_tlsfeature, nullptr, nullptr)));
    for (int i = 0; features && i < sk_ASN1_INTEGER_num(features.get()); ++i) {
        if (ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features.get(), i)) == TLSEXT_TYPE_status_request) return true;
    }
    return false;
}

std::string serial_text(X509* certificate) {
    const ASN1_INTEGER* const serial = X509_get0_serialNumber(certificate);
    const std::string bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
                            static_cast<std::size_t>(std::clamp(ASN1_STRING_length(serial), 0, 64)));
    return to_hex(bytes);
}

}  // namespace

Result<TlsCertificate> read_certificate(std::string_view der) {
    if (der.size() > longest_certificate) return Error{"the certificate is longer than 128 KiB"};
    const auto certificate = read_der(der);
    if (!certificate) return Error{"this is no certificate"};
    TlsCertificate facts;
    facts.sha256 = sha256_hex(der);
    facts.subject = name_text(X509_get_subject_name(certificate.get()));
    facts.issuer = name_text(X509_get_issuer_name(certificate.get()));
    facts.serial = serial_text(certificate.get());
    facts.not_before = seconds(X509_get0_notBefore(certificate.get()));
    facts.not_after = seconds(X509_get0_notAfter(certificate.get()));
    read_key(certificate.get(), facts);
    read_signature(certificate.get(), facts);
    read_names(certificate.get(), facts);
    facts.authority = X509_check_ca(certificate.get()) > 0;
    facts.self_issued =
        X509_NAME_cmp(X509_get_subject_name(certificate.get()), X509_get_issuer_name(certificate.get())) == 0;
    facts.must_staple = must_staple(certificate.get());
    ERR_clear_error();
    return facts;
}

std::vector<std::string> read_pem_certificates(std::string_view pem) {
    std::vector<std::string> all;
    const BioOwner bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    while (bio && all.size() < most_in_file) {
        const X509Owner certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
        if (!certificate) break;
        all.push_back(to_der(certificate.get()));
    }
    ERR_clear_error();
    return all;
}

}  // namespace integrityd
