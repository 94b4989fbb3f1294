// What a TlsContext holds, for the files that use OpenSSL.
#pragma once

#include <memory>
#include <openssl/provider.h>

#include "sources/tls_context.hpp"
#include "sources/tls_openssl.hpp"

namespace integrityd {

using LibraryOwner = std::unique_ptr<OSSL_LIB_CTX, Release<OSSL_LIB_CTX_free>>;
using ProviderOwner = std::unique_ptr<OSSL_PROVIDER, Release<OSSL_PROVIDER_unload>>;
using SslContextOwner = std::unique_ptr<SSL_CTX, Release<SSL_CTX_free>>;

// Members are freed from the last to the first: the library context last.
struct TlsContext::Parts {
    LibraryOwner library;
    ProviderOwner algorithms;
    KeyOwner key;
    X509Owner certificate;
    X509StackOwner chain;
    SslContextOwner context;
    bool in_token = false;
    bool takes_chains = false;  // the clients' callback is set
};

}  // namespace integrityd
