#include "support/tls_authority.hpp"

#include <ctime>
#include <fstream>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdexcept>

#include "sources/tls_certificate.hpp"
#include "sources/tls_openssl.hpp"

namespace integrityd::test {

namespace {

void must(bool good, const char* what) {
    if (!good) throw std::runtime_error(std::string(what) + ": " + first_complaint());
}

KeyOwner make_key(const std::string& wish) {
    EVP_PKEY* key = nullptr;
    if (wish.starts_with("rsa:"))
        key = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<size_t>(std::stoul(wish.substr(4))));
    else if (wish == "ed25519")
        key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    else
        key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", wish == "ec" ? "P-256" : wish.substr(3).c_str());
    must(key != nullptr, "making a key");
    return KeyOwner(key);
}

void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509V3_set_ctx_nodb(&context);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    must(extension != nullptr, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

void sign(X509* certificate, EVP_PKEY* key, const TlsWish& wish) {
    const EVP_MD* hash =
        EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? nullptr : EVP_get_digestbyname(wish.hash.c_str());
    EVP_MD_CTX* const context = EVP_MD_CTX_new();
    EVP_PKEY_CTX* parameters = nullptr;
    must(EVP_DigestSignInit(context, &parameters, hash, nullptr, key) == 1, "signing");
    if (wish.pss) must(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1, "PSS");
    must(X509_sign_ctx(certificate, context) > 0, "signing");
    EVP_MD_CTX_free(context);
}

long next_serial() {
    static long serial = 1000;
    return ++serial;
}

X509Owner make_certificate(const TlsWish& wish, EVP_PKEY* key, X509* issuer, EVP_PKEY* signer, std::int64_t now) {
    X509Owner made(X509_new());
    X509* const certificate = made.get();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), next_serial());
    ASN1_TIME_set(X509_getm_notBefore(certificate), static_cast<time_t>(now + wish.begins));
    ASN1_TIME_set(X509_getm_notAfter(certificate), static_cast<time_t>(now + wish.ends));
    X509_set_pubkey(certificate, key);
    X509_NAME* const name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(wish.common_name.data()),
                               static_cast<int>(wish.common_name.size()), -1, 0);
    X509_set_issuer_name(certificate, issuer == nullptr ? name : X509_get_subject_name(issuer));
    extend(certificate, issuer, NID_basic_constraints, wish.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(
        certificate, issuer, NID_key_usage,
        wish.authority ? "critical,keyCertSign,cRLSign,digitalSignature" : "critical,digitalSignature,keyEncipherment");
    if (!wish.authority && !wish.usage.empty()) extend(certificate, issuer, NID_ext_key_usage, wish.usage);
    std::string names;
    for (const auto& each : wish.names)
        names += (names.empty() ? "" : ",") + each;
    if (!wish.authority && !names.empty()) extend(certificate, issuer, NID_subject_alt_name, names);
    sign(certificate, signer, wish);
    return made;
}

void write_pem(const std::string& path, X509* certificate) {
    const BioOwner bio(BIO_new_file(path.c_str(), "w"));
    must(bio && PEM_write_bio_X509(bio.get(), certificate) == 1, path.c_str());
}

TlsFiles write_files(const std::string& directory, const std::string& name, X509* certificate, EVP_PKEY* key) {
    TlsFiles files{directory + "/" + name + ".pem", directory + "/" + name + ".key", "", "", to_der(certificate)};
    write_pem(files.certificate, certificate);
    const BioOwner bio(BIO_new_file(files.key.c_str(), "w"));
    must(bio && PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "the key");
    const auto facts = read_certificate(files.der);
    if (facts) files.spki_sha256 = facts->spki_sha256;
    return files;
}

KeyOwner key_for(const std::string& directory, const TlsWish& wish) {
    if (wish.same_key_as.empty()) return make_key(wish.key);
    const BioOwner bio(BIO_new_file((directory + "/" + wish.same_key_as + ".key").c_str(), "r"));
    KeyOwner key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr) : nullptr);
    must(key != nullptr, "reading a key");
    return key;
}

}  // namespace

struct TlsAuthority::Parts {
    std::string directory;
    std::int64_t now = 0;
    KeyOwner key;
    X509Owner certificate;
    std::string file;
    std::string der;
    std::string issuers;  // file with those between this one and the root; empty: this is the root
};

TlsWish TlsAuthority::root_wish() {
    TlsWish wish;
    wish.common_name = "Product Root";
    wish.names = {};
    wish.begins = -10 * 86400LL;
    wish.ends = 3650 * 86400LL;
    wish.authority = true;
    return wish;
}

TlsAuthority::TlsAuthority(std::string directory, const TlsWish& wish, std::int64_t now)
    : parts_(std::make_unique<Parts>()) {
    parts_->directory = std::move(directory);
    parts_->now = now != 0 ? now : static_cast<std::int64_t>(std::time(nullptr));
    parts_->key = make_key(wish.key);
    parts_->certificate = make_certificate(wish, parts_->key.get(), nullptr, parts_->key.get(), parts_->now);
    parts_->der = to_der(parts_->certificate.get());
    parts_->file = parts_->directory + "/" + wish.common_name + ".ca.pem";
    write_pem(parts_->file, parts_->certificate.get());
}

TlsAuthority::TlsAuthority(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TlsAuthority::TlsAuthority(TlsAuthority&&) noexcept = default;
TlsAuthority::~TlsAuthority() = default;

TlsFiles TlsAuthority::issue(const std::string& name, const TlsWish& wish) const {
    const auto key = key_for(parts_->directory, wish);
    const auto certificate =
        make_certificate(wish, key.get(), parts_->certificate.get(), parts_->key.get(), parts_->now);
    auto files = write_files(parts_->directory, name, certificate.get(), key.get());
    files.chain = parts_->issuers;
    return files;
}

TlsAuthority TlsAuthority::intermediate(const std::string& name, TlsWish wish) const {
    wish.common_name = name;
    auto parts = std::make_unique<Parts>();
    parts->directory = parts_->directory;
    parts->now = parts_->now;
    parts->key = make_key(wish.key);
    parts->certificate =
        make_certificate(wish, parts->key.get(), parts_->certificate.get(), parts_->key.get(), parts_->now);
    parts->der = to_der(parts->certificate.get());
    parts->file = parts_->directory + "/" + name + ".ca.pem";
    parts->issuers = parts->file;
    write_pem(parts->file, parts->certificate.get());
    return TlsAuthority(std::move(parts));
}

TlsFiles TlsAuthority::self_signed(const std::string& directory, const std::string& name, const TlsWish& wish) {
    const auto key = key_for(directory, wish);
    const auto now = static_cast<std::int64_t>(std::time(nullptr));
    const auto certificate = make_certificate(wish, key.get(), nullptr, key.get(), now);
    return write_files(directory, name, certificate.get(), key.get());
}

const std::string& TlsAuthority::file() const {
    return parts_->file;
}

const std::string& TlsAuthority::der() const {
    return parts_->der;
}

std::string TlsAuthority::staple(const std::string& certificate_der, bool revoked, std::int64_t age) const {
    const auto certificate = read_der(certificate_der);
    const std::unique_ptr<OCSP_BASICRESP, Release<OCSP_BASICRESP_free>> basic(OCSP_BASICRESP_new());
    const std::unique_ptr<OCSP_CERTID, Release<OCSP_CERTID_free>> id(
        OCSP_cert_to_id(EVP_sha1(), certificate.get(), parts_->certificate.get()));
    const auto from = static_cast<time_t>(parts_->now - age);
    ASN1_TIME* const begin = ASN1_TIME_set(nullptr, from);
    ASN1_TIME* const end = ASN1_TIME_set(nullptr, from + 7 * 86400);
    must(OCSP_basic_add1_status(basic.get(), id.get(), revoked ? V_OCSP_CERTSTATUS_REVOKED : V_OCSP_CERTSTATUS_GOOD, 0,
                                revoked ? begin : nullptr, begin, end) != nullptr,
         "a response");
    ASN1_TIME_free(begin);
    ASN1_TIME_free(end);
    must(OCSP_basic_sign(basic.get(), parts_->certificate.get(), parts_->key.get(), EVP_sha256(), nullptr, 0) == 1,
         "signing a response");
    const std::unique_ptr<OCSP_RESPONSE, Release<OCSP_RESPONSE_free>> response(
        OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()));
    unsigned char* bytes = nullptr;
    const int size = i2d_OCSP_RESPONSE(response.get(), &bytes);
    std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
    return der;
}

}  // namespace integrityd::test
