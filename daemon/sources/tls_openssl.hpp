// Owners of OpenSSL's objects, for the files that use OpenSSL.
#pragma once

#include <memory>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string>
#include <string_view>

namespace integrityd {

template <auto release>
struct Release {
    template <typename T>
    void operator()(T* object) const {
        release(object);
    }
};

inline void release_x509_stack(STACK_OF(X509) * stack) {
    sk_X509_pop_free(stack, X509_free);
}

using X509Owner = std::unique_ptr<X509, Release<X509_free>>;
using X509StackOwner = std::unique_ptr<STACK_OF(X509), Release<release_x509_stack>>;
using X509StoreOwner = std::unique_ptr<X509_STORE, Release<X509_STORE_free>>;
using BioOwner = std::unique_ptr<BIO, Release<BIO_free>>;
using KeyOwner = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;

// One certificate in DER; null: it is none, or bytes follow it.
[[nodiscard]] inline X509Owner read_der(std::string_view der) {
    const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
    const unsigned char* at = begin;
    X509Owner certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (certificate && at != begin + der.size()) certificate.reset();
    ERR_clear_error();
    return certificate;
}

[[nodiscard]] inline std::string to_der(X509* certificate) {
    unsigned char* bytes = nullptr;
    const int size = i2d_X509(certificate, &bytes);
    if (size <= 0) return "";
    std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
    return der;
}

// What OpenSSL complained of first; its queue is empty afterwards.
[[nodiscard]] inline std::string first_complaint() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return "unknown error";
    const char* const reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "error " + std::to_string(code);
}

}  // namespace integrityd
