// Facts out of a certificate: what can be said of it without knowing whom to trust.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace integrityd {

struct TlsCertificate {
    std::string sha256;       // hex, of the whole certificate
    std::string spki_sha256;  // base64, of SubjectPublicKeyInfo: the form of pins (RFC 7469, 2.4)
    std::string subject;      // RFC 4514, escaped, cut
    std::string issuer;
    std::string serial;           // hex
    std::int64_t not_before = 0;  // seconds since 1970, also beyond 2038 and before 1970
    std::int64_t not_after = 0;
    std::string key_type;  // "rsa", "rsa-pss", "ec", "ed25519", "ed448", "dsa", else OpenSSL's name or "unknown"
    std::uint32_t key_bits = 0;
    std::string curve;               // of "ec": OpenSSL's short name
    std::string signature;           // "rsa-sha256", "rsa-pss-sha256", "ecdsa-sha384", "ed25519", … or OpenSSL's name
    std::vector<std::string> names;  // DNS names and addresses, escaped; the first 16
    std::uint64_t name_count = 0;    // of all
    bool authority = false;          // may issue certificates
    bool self_issued = false;        // subject and issuer are the same name
    bool must_staple = false;        // RFC 7633
};

// Total: any bytes give facts or an error. A certificate longer than 128 KiB is refused.
[[nodiscard]] Result<TlsCertificate> read_certificate(std::string_view der);

// All certificates of a PEM text as DER, at most 1000; other blocks are passed over.
[[nodiscard]] std::vector<std::string> read_pem_certificates(std::string_view pem);

}  // namespace integrityd
