#include "sources/tls_client.hpp"

#include <array>
#include <openssl/tls1.h>
#include <utility>

#include "core/escape.hpp"
#include "sources/tls_context_parts.hpp"
#include "sources/tls_hello.hpp"

namespace integrityd {

namespace {

// The groups that OpenSSL's clients usually offer, and the policy's others. Of finite-field groups the smallest too:
// whoever chooses it is to be seen.
constexpr const char* usual_groups =
    "X25519:P-256:X448:P-521:P-384:ffdhe2048:ffdhe3072:ffdhe4096:"
    "brainpoolP256r1:brainpoolP384r1:brainpoolP512r1";
constexpr const char* usual_ciphers = "DEFAULT:@SECLEVEL=0";
constexpr const char* usual_suites =
    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256";
// RFC 6066, 8 allows 2^24 bytes; a response has some 2 KiB.
constexpr long longest_staple = 32L << 10;
constexpr std::size_t longest_reason = 200;
// RFC 8446, 6.2: what a server says of a client's certificate; "access denied" and "handshake failure" among others.
constexpr std::uint8_t first_about_certificates = SSL3_AD_NO_CERTIFICATE;
constexpr std::uint8_t last_about_certificates = TLS1_AD_ACCESS_DENIED;

using SslOwner = std::unique_ptr<SSL, Release<SSL_free>>;

const char* or_usual(const std::string& text, const char* usual) {
    return text.empty() ? usual : text.c_str();
}

// RFC 7301, 3.1: each name with its length before it.
std::string alpn_list(const std::vector<std::string>& names) {
    std::string list;
    for (const auto& name : names) {
        if (name.empty() || name.size() > 255) continue;
        list += static_cast<char>(name.size());
        list += name;
    }
    return list;
}

bool is_about_certificate(std::uint8_t alert) {
    return alert == SSL3_AD_HANDSHAKE_FAILURE || alert == TLS13_AD_CERTIFICATE_REQUIRED ||
           (alert >= first_about_certificates && alert <= last_about_certificates);
}

// OpenSSL 3.0 has no words for the alerts that TLS 1.3 brought.
std::string alert_name(std::uint8_t alert) {
    if (alert == TLS13_AD_CERTIFICATE_REQUIRED) return "certificate required";
    if (alert == TLS13_AD_MISSING_EXTENSION) return "missing extension";
    return escape(SSL_alert_desc_string_long(alert));
}

// SSL_set_tlsext_host_name() without its cast.
bool set_server_name(SSL* ssl, std::string name) {
    return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
}

bool apply(SSL* ssl, const TlsOffer& offer, const std::string& server_name, const std::vector<std::string>& alpn) {
    const std::string protocols = alpn_list(alpn);
    std::string groups = or_usual(offer.groups, usual_groups);  // the macro takes no const
    const auto* const bytes = reinterpret_cast<const unsigned char*>(protocols.data());
    return SSL_set_min_proto_version(ssl, offer.lowest) == 1 && SSL_set_max_proto_version(ssl, offer.highest) == 1 &&
           SSL_set_cipher_list(ssl, or_usual(offer.ciphers, usual_ciphers)) == 1 &&
           SSL_set_ciphersuites(ssl, or_usual(offer.suites, usual_suites)) == 1 &&
           SSL_set1_groups_list(ssl, groups.data()) == 1 &&
           (server_name.empty() || set_server_name(ssl, server_name)) &&
           SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp) == 1 &&
           (protocols.empty() || SSL_set_alpn_protos(ssl, bytes, static_cast<unsigned>(protocols.size())) == 0);
}

}  // namespace

struct TlsClient::Parts {
    std::shared_ptr<TlsContext> context;
    SslOwner ssl;
    BIO* in = nullptr;   // the SSL's
    BIO* out = nullptr;  // the SSL's
    TlsStop stop = TlsStop::end;
    TlsSeen seen;
    bool reached_stop = false;
    bool signed_exchange = false;  // until TLS 1.2: the server's part of the key exchange has a signature
    bool ticket = false;           // the server goes on: it refuses nothing
    bool awaiting = false;         // finished, and a refusal may follow
    bool over = false;

    void message(std::string_view bytes);
    void answers(std::string_view bytes);
    void hello(const TlsServerHello& hello);
    void exchange(std::string_view bytes);
    void finish(TlsOutcome outcome, std::string reason);
    void fail();
    void refuse();
    void complete();
    void listen();
    [[nodiscard]] bool has_certificate() const { return SSL_get_certificate(ssl.get()) != nullptr; }

    static void on_message(int sending, int version, int type, const void* data, size_t size, SSL* ssl, void* self);
    static int on_verify(X509_STORE_CTX* chain, void* data);
    static int on_client_certificate(SSL* ssl, X509** certificate, EVP_PKEY** key);
};

void TlsClient::Parts::on_message(int sending, int /*version*/, int type, const void* data, size_t size, SSL* /*ssl*/,
                                  void* self) {
    if (self == nullptr) return;
    auto& parts = *static_cast<Parts*>(self);
    const std::string_view bytes(static_cast<const char*>(data), size);
    if (sending != 0) {
        if (type == SSL3_RT_HANDSHAKE) parts.answers(bytes);
        return;
    }
    if (type == SSL3_RT_HANDSHAKE) parts.message(bytes);
    if (type == SSL3_RT_ALERT && size == 2 && bytes[0] == '\x02')
        parts.seen.alert = static_cast<std::uint8_t>(bytes[1]);
}

void TlsClient::Parts::message(std::string_view bytes) {
    if (bytes.empty()) return;
    if (bytes.front() == SSL3_MT_SERVER_HELLO) {
        if (const auto found = parse_server_hello(bytes); found && !found->retry) hello(*found);
    }
    if (bytes.front() == SSL3_MT_SERVER_KEY_EXCHANGE) exchange(bytes);
    if (bytes.front() == SSL3_MT_CERTIFICATE_REQUEST) seen.asks_client_certificate = true;
    if (bytes.front() == SSL3_MT_NEWSESSION_TICKET) ticket = true;
}

// A client answers the server's messages only when it has taken them: in TLS 1.3 its signature and its Finished are
// among them, before that the signature of its key exchange, unless the key is proven by its Finished at the end alone.
void TlsClient::Parts::answers(std::string_view bytes) {
    if (bytes.empty() || bytes.front() == SSL3_MT_CLIENT_HELLO) return;
    seen.proven = seen.proven || signed_exchange || seen.version >= tls_version::tls13;
}

void TlsClient::Parts::hello(const TlsServerHello& hello) {
    seen.hello = true;
    seen.version = hello.version;
    seen.cipher = hello.cipher;
    seen.group = hello.group;
    if (stop == TlsStop::hello) reached_stop = true;
    // TLS 1.3 chooses the group in its hello.
    if (stop == TlsStop::key_exchange && hello.version >= tls_version::tls13) reached_stop = true;
}

void TlsClient::Parts::exchange(std::string_view bytes) {
    const unsigned char id[2] = {static_cast<unsigned char>(seen.cipher >> 8),
                                 static_cast<unsigned char>(seen.cipher & 0xff)};
    const SSL_CIPHER* const cipher = SSL_CIPHER_find(ssl.get(), id);
    const int kind = cipher != nullptr ? SSL_CIPHER_get_kx_nid(cipher) : NID_undef;
    if (kind != NID_kx_ecdhe && kind != NID_kx_dhe) return;
    signed_exchange = SSL_CIPHER_get_auth_nid(cipher) != NID_auth_null;
    const auto found =
        parse_server_key_exchange(bytes, kind == NID_kx_ecdhe ? TlsExchangeKind::ecdhe : TlsExchangeKind::dhe);
    if (!found) return;
    seen.group = found->group;
    seen.dh_bits = found->dh_bits;
    if (stop == TlsStop::key_exchange) reached_stop = true;
}

// Takes the chain as it was sent, before OpenSSL thinks anything of it. The verdict is another file's.
int TlsClient::Parts::on_verify(X509_STORE_CTX* chain, void* /*data*/) {
    const auto* const ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* const parts = static_cast<Parts*>(SSL_get_app_data(ssl));
    STACK_OF(X509)* const sent = X509_STORE_CTX_get0_untrusted(chain);
    for (int i = 0; parts != nullptr && i < sk_X509_num(sent); ++i)
        parts->seen.chain.push_back(to_der(sk_X509_value(sent, i)));
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

void TlsClient::Parts::finish(TlsOutcome outcome, std::string reason) {
    over = true;
    seen.outcome = outcome;
    seen.reason = std::move(reason);
}

void TlsClient::Parts::complete() {
    seen.proven = true;
    const unsigned char* bytes = nullptr;
    const long size = SSL_get_tlsext_status_ocsp_resp(ssl.get(), &bytes);
    if (bytes != nullptr && size > 0 && size <= longest_staple)
        seen.ocsp.assign(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    const unsigned char* protocol = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(ssl.get(), &protocol, &length);
    if (protocol != nullptr) seen.alpn = escape_cut({reinterpret_cast<const char*>(protocol), length}, 256);
    seen.secure_renegotiation =
        seen.version >= tls_version::tls13 || SSL_get_secure_renegotiation_support(ssl.get()) == 1;
    awaiting = seen.version >= tls_version::tls13 && seen.asks_client_certificate;
    if (awaiting) return listen();
    finish(TlsOutcome::finished, "");
}

// What the server says first is nobody's business here; a ticket follows the client's Finished (RFC 8446, 4.6.1), and
// with it the client's certificate was taken.
void TlsClient::Parts::listen() {
    std::array<char, 4096> dropped{};
    int size = 0;
    do
        size = SSL_read(ssl.get(), dropped.data(), static_cast<int>(dropped.size()));
    while (size > 0);
    const int error = SSL_get_error(ssl.get(), size);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return refuse();
    if (ticket) finish(TlsOutcome::finished, "");
}

void TlsClient::Parts::refuse() {
    if (seen.alert != 0) return fail();
    seen.refuses_client = true;
    finish(TlsOutcome::closed, has_certificate() ? "the peer closed the connection when it had our client certificate"
                                                 : "the peer closed the connection when it got no client certificate");
}

void TlsClient::Parts::fail() {
    const unsigned long code = ERR_peek_error();
    const int reason = ERR_GET_REASON(code);
    const std::string words = escape_cut(first_complaint(), longest_reason);
    if (seen.alert != 0) {
        seen.refuses_client = seen.asks_client_certificate && (awaiting || is_about_certificate(seen.alert));
        const char* const what = !seen.refuses_client ? "the peer refuses: "
                                 : has_certificate()  ? "the peer refuses our client certificate: "
                                                      : "the peer requires a client certificate: ";
        return finish(TlsOutcome::alert, what + alert_name(seen.alert));
    }
    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return finish(TlsOutcome::closed, "the peer closed the connection");
    // What OpenSSL cannot use but the peer has chosen validly; everything else is the peer's bytes.
    const bool ours = reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS ||
                      reason == SSL_R_LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED || reason == ERR_R_MALLOC_FAILURE ||
                      reason == SSL_R_NO_CIPHERS_AVAILABLE || reason == SSL_R_NO_PROTOCOLS_AVAILABLE;
    finish(ours ? TlsOutcome::local : TlsOutcome::malformed, words);
}

TlsClient::TlsClient(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TlsClient::~TlsClient() = default;

Result<std::unique_ptr<TlsClient>> TlsClient::make(const std::shared_ptr<TlsContext>& context, const TlsOffer& offer,
                                                   const std::string& server_name,
                                                   const std::vector<std::string>& alpn) {
    ERR_clear_error();
    auto parts = std::make_unique<Parts>();
    parts->context = context;
    parts->stop = offer.stop;
    parts->ssl.reset(SSL_new(context->parts().context.get()));
    SSL* const ssl = parts->ssl.get();
    if (ssl == nullptr || !apply(ssl, offer, server_name, alpn)) return Error{"OpenSSL: " + first_complaint()};
    // Once: others may be at work with this context, in another thread.
    if (!std::exchange(context->parts().takes_chains, true))
        SSL_CTX_set_cert_verify_callback(context->parts().context.get(), &Parts::on_verify, nullptr);
    SSL_set_app_data(ssl, parts.get());
    SSL_set_msg_callback(ssl, &Parts::on_message);
    SSL_set_msg_callback_arg(ssl, parts.get());
    parts->in = BIO_new(BIO_s_mem());
    parts->out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(parts->in, -1);
    SSL_set_bio(ssl, parts->in, parts->out);
    SSL_set_connect_state(ssl);
    return std::unique_ptr<TlsClient>(new TlsClient(std::move(parts)));
}

bool TlsClient::advance(std::string_view received) {
    Parts& parts = *parts_;
    if (parts.over) return true;
    parts.seen.received += received.size();
    if (parts.seen.received > most_received) {
        parts.finish(TlsOutcome::malformed, "it sends more than 256 KiB in one handshake");
        return true;
    }
    ERR_clear_error();
    if (!received.empty()) (void)BIO_write(parts.in, received.data(), static_cast<int>(received.size()));
    if (parts.awaiting) {
        parts.listen();
        ERR_clear_error();
        return parts.over;
    }
    const int result = SSL_do_handshake(parts.ssl.get());
    if (parts.reached_stop) {
        parts.finish(TlsOutcome::finished, "");
    } else if (result == 1) {
        parts.complete();
    } else {
        const int error = SSL_get_error(parts.ssl.get(), result);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) parts.fail();
    }
    ERR_clear_error();
    return parts.over;
}

bool TlsClient::awaits_refusal() const {
    return parts_->awaiting && !parts_->over;
}

void TlsClient::settle() {
    if (awaits_refusal()) parts_->finish(TlsOutcome::finished, "");
}

void TlsClient::ended(std::string_view why) {
    if (parts_->over) return;
    if (parts_->seen.alert != 0) return parts_->fail();
    // A server that has nothing left to prove leaves because of what it was answered.
    if (parts_->awaiting || (parts_->seen.proven && parts_->seen.asks_client_certificate)) return parts_->refuse();
    parts_->finish(TlsOutcome::closed,
                   why.empty() ? "the peer closed the connection" : "the connection broke: " + std::string(why));
}

std::string TlsClient::take_output() {
    std::string bytes(BIO_ctrl_pending(parts_->out), '\0');
    if (!bytes.empty()) (void)BIO_read(parts_->out, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
}

TlsSeen TlsClient::take_seen() {
    return std::move(parts_->seen);
}

}  // namespace integrityd
