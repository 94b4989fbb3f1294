// A stapled OCSP response, for the files that use OpenSSL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sources/tls_openssl.hpp"
#include "sources/tls_trust.hpp"

namespace integrityd {

struct TlsStapleVerdict {
    TlsStaple staple = TlsStaple::none;
    std::string reason;
    std::int64_t from = 0;  // seconds since 1970: what it says was so then
};

// `path`: the verified path, the certificate first and its issuer next. Without `now` a response's age is not
// known, and only a revocation counts.
[[nodiscard]] TlsStapleVerdict check_staple(std::string_view der, STACK_OF(X509) * path, X509_STORE* store,
                                            std::optional<std::int64_t> now);

}  // namespace integrityd
