// A certificate, a chain of it, a stapled response and a server's own messages: any bytes give facts or a refusal.
#include <cstdint>
#include <cstdlib>

#include "core/escape.hpp"
#include "sources/tls_certificate.hpp"
#include "sources/tls_hello.hpp"
#include "sources/tls_trust.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace integrityd;
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    const auto facts = read_certificate(bytes);
    if (facts) {
        for (const auto* const text :
             {&facts->subject, &facts->issuer, &facts->curve, &facts->signature, &facts->key_type}) {
            if (!is_utf8(*text) || text->find('\n') != std::string::npos) std::abort();
        }
        if (facts->names.size() > 16 || facts->spki_sha256.size() != 44) std::abort();
    }
    (void)parse_server_hello(bytes);
    (void)parse_server_key_exchange(bytes, TlsExchangeKind::ecdhe);
    (void)parse_server_key_exchange(bytes, TlsExchangeKind::dhe);
    // Trusting itself, so that a readable one is judged to the end, with the same bytes for a staple.
    const auto trust = TlsTrust::from_certificates({bytes});
    const auto verdict = (*trust)->verify({{bytes, bytes}, "endpoint.test", bytes, 1'800'000'000});
    for (const auto& reason : verdict.reasons) {
        if (!is_utf8(reason)) std::abort();
    }
    return 0;
}
