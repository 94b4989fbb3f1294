#include "sources/tls_context.hpp"

#include <cctype>
#include <openssl/pem.h>
#include <openssl/store.h>

#include "core/escape.hpp"
#include "sources/tls_context_parts.hpp"

namespace integrityd {

namespace {

using StoreOwner = std::unique_ptr<OSSL_STORE_CTX, Release<OSSL_STORE_close>>;

// A chain of ten certificates has some 20 KiB; more than this is no chain but an attack on whoever reads it.
constexpr std::size_t longest_certificate_list = 128U << 10;
// A client's chain: its own certificate and those between it and the authority.
constexpr int most_objects = 16;

// From the most to the least usual. Also SHA-1: a server that still uses it is to be seen, not to be lost.
constexpr const char* signature_algorithms =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
    "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512:ECDSA+SHA224:RSA+SHA224:"
    "DSA+SHA256:DSA+SHA384:DSA+SHA512:ECDSA+SHA1:RSA+SHA1:DSA+SHA1";

// Of a key in a token OpenSSL's own provider would take the public half alone.
constexpr const char* key_from = "?provider!=default";
// Who does what in a handshake, where several providers can. The provider "tpm2" gives the public half of a key to
// whoever asks for the whole of it, so its own signature must be asked for first; the rest is done here, where it is
// faster.
constexpr const char* who_does_what =
    "?tpm2.signature=yes,tpm2.digest!=yes,tpm2.cipher!=yes,tpm2.rand!=yes,tpm2.keyexch!=yes";

// "pkcs11" of "pkcs11:token=…"; empty: a path.
std::string scheme_of(const std::string& where) {
    const std::size_t colon = where.find(':');
    if (colon == std::string::npos || colon < 2 || where.front() == '/') return "";
    for (const char each : where.substr(0, colon)) {
        if (std::isalnum(static_cast<unsigned char>(each)) == 0 && each != '+' && each != '-') return "";
    }
    return where.substr(0, colon);
}

int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) {
    return -1;
}

// Takes what a file or a token holds: keys and certificates.
Result<void> load(const std::string& where, TlsContext::Parts& parts, bool wants_key) {
    const char* const whose = is_key_uri(where) ? key_from : nullptr;
    StoreOwner store(
        OSSL_STORE_open_ex(where.c_str(), parts.library.get(), whose, nullptr, nullptr, nullptr, nullptr, nullptr));
    if (!store) return Error{escape_cut(where, 256) + ": " + first_complaint()};
    for (int objects = 0; objects < most_objects && OSSL_STORE_eof(store.get()) == 0; ++objects) {
        const std::unique_ptr<OSSL_STORE_INFO, Release<OSSL_STORE_INFO_free>> info(OSSL_STORE_load(store.get()));
        if (!info) continue;
        const int type = OSSL_STORE_INFO_get_type(info.get());
        if (wants_key && type == OSSL_STORE_INFO_PKEY) parts.key.reset(OSSL_STORE_INFO_get1_PKEY(info.get()));
        if (wants_key || type != OSSL_STORE_INFO_CERT) continue;
        X509Owner certificate(OSSL_STORE_INFO_get1_CERT(info.get()));
        if (!parts.certificate)
            parts.certificate = std::move(certificate);
        else if (sk_X509_push(parts.chain.get(), certificate.get()) > 0)
            (void)certificate.release();
    }
    const bool found = wants_key ? parts.key != nullptr : parts.certificate != nullptr;
    const std::string complaint = found ? "" : first_complaint();
    ERR_clear_error();
    if (found) return {};
    return Error{escape_cut(where, 256) + ": no " + (wants_key ? "private key" : "certificate") + " (" + complaint +
                 ")"};
}

Result<void> use_credential(const TlsCredential& credential, TlsContext::Parts& parts) {
    if (credential.empty()) return {};
    parts.chain.reset(sk_X509_new_null());
    // Providers for tokens are made known by the system's openssl.cnf: it may name them here, and decides nothing else.
    if (credential.in_token()) {
        const std::unique_ptr<char, decltype(&std::free)> file(CONF_get1_default_config_file(), std::free);
        (void)OSSL_LIB_CTX_load_config(parts.library.get(), file.get());
        EVP_set_default_properties(parts.library.get(), "");
        ERR_clear_error();
    }
    if (auto loaded = load(credential.certificate, parts, false); !loaded) return loaded;
    if (auto loaded = load(credential.key, parts, true); !loaded) return loaded;
    SSL_CTX* const context = parts.context.get();
    const bool used =
        SSL_CTX_use_cert_and_key(context, parts.certificate.get(), parts.key.get(), parts.chain.get(), 1) == 1;
    if (!used) return Error{escape_cut(credential.certificate, 256) + ": " + first_complaint()};
    return {};
}

// Everything that ssl_conf's system default of openssl.cnf may have set is set anew here or for each connection.
bool settle(SSL_CTX* context) {
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_clear_options(context, SSL_CTX_get_options(context));
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_LEGACY_SERVER_CONNECT |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_ALL);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_max_cert_list(context, longest_certificate_list);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    std::string algorithms = signature_algorithms;  // the macros take no const
    return SSL_CTX_set1_sigalgs_list(context, algorithms.data()) == 1 &&
           SSL_CTX_set1_client_sigalgs_list(context, algorithms.data()) == 1;
}

}  // namespace

bool is_key_uri(const std::string& where) {
    const std::string scheme = scheme_of(where);
    return !scheme.empty() && scheme != "file";
}

bool TlsCredential::in_token() const {
    return is_key_uri(certificate) || is_key_uri(key);
}

bool TlsContext::in_token() const {
    return parts_->in_token;
}

void TlsContext::leave_thread() {
    OPENSSL_thread_stop_ex(parts_->library.get());
}

TlsContext::TlsContext(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::make(const TlsCredential& credential) {
    ERR_clear_error();
    auto parts = std::make_unique<Parts>();
    parts->library.reset(OSSL_LIB_CTX_new());
    if (!parts->library) return Error{"OpenSSL: " + first_complaint()};
    parts->algorithms.reset(OSSL_PROVIDER_load(parts->library.get(), "default"));
    if (!parts->algorithms) return Error{"OpenSSL: " + first_complaint()};
    parts->context.reset(SSL_CTX_new_ex(parts->library.get(), who_does_what, TLS_client_method()));
    if (!parts->context || !settle(parts->context.get())) return Error{"OpenSSL: " + first_complaint()};
    if (auto used = use_credential(credential, *parts); !used) return used.error();
    parts->in_token = credential.in_token();
    std::shared_ptr<TlsContext> made(new TlsContext(std::move(parts)));
    made->leave_thread();
    return made;
}

}  // namespace integrityd
