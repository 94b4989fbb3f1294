// TlsPolicy: what is recommended, and what is forbidden, as dated data (policy/tls/*.toml, integrityd-tls-policy in
// integrityd.toml(5)).
//
// Whatever is on its list and still in time is recommended. What it forbids, or what is broken whatever a policy says
// (no encryption, no authentication, RC4, DES, MD5, SSL), is weak. Everything else is not recommended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sources/tls_certificate.hpp"

namespace integrityd {

enum class TlsStanding : std::uint8_t { recommended, not_recommended, weak };

struct TlsRating {
    TlsStanding standing = TlsStanding::recommended;
    std::string why;  // one line; empty when recommended
};

// One line of a policy's list.
struct TlsPolicyItem {
    std::string name;
    std::uint32_t id = 0;            // IANA's number of a cipher suite or group; bits of a key
    std::int64_t until = INT64_MAX;  // last second of it, since 1970; an open end ("2031+") has none
    std::string until_text;          // as it stands in the file
    std::string source;              // a key of `sources`
};

struct TlsPolicySource {
    std::string name;
    std::string text;
    bool checked = false;  // compared with the original, not with somebody's words about it
};

struct TlsPolicy {
    std::string name;
    std::string title;
    std::string date;                // of the file: when it was last brought up to date
    std::int64_t until = INT64_MAX;  // from then on the policy itself is out of date
    std::string until_text;
    std::vector<TlsPolicySource> sources;
    std::vector<TlsPolicyItem> protocols;
    std::vector<TlsPolicyItem> ciphers;
    std::vector<TlsPolicyItem> groups;
    std::vector<TlsPolicyItem> signatures;  // of certificates
    std::vector<TlsPolicyItem> keys;        // id: least bits
    std::vector<TlsPolicyItem> curves;      // of certificates' keys
    // Forbidden, not only not recommended.
    std::vector<std::string> forbidden_protocols;
    std::vector<std::string> forbidden_classes;  // of cipher suites (tls_suites.hpp)
    std::vector<std::string> forbidden_groups;
    std::vector<std::string> forbidden_signatures;
    std::vector<TlsPolicyItem> forbidden_keys;  // id: keys with less bits

    [[nodiscard]] bool expired(std::int64_t now) const { return now > until; }
    [[nodiscard]] TlsRating protocol(std::uint16_t version, std::int64_t now) const;
    [[nodiscard]] TlsRating cipher(std::uint16_t id, std::int64_t now) const;
    // `dh_bits`: of a finite-field group that has no number.
    [[nodiscard]] TlsRating group(std::uint16_t id, std::uint32_t dh_bits, std::int64_t now) const;
    [[nodiscard]] TlsRating signature(const std::string& signature, std::int64_t now) const;
    [[nodiscard]] TlsRating key(const TlsCertificate& certificate, std::int64_t now) const;
};

// Total: any bytes give a policy or an error, which says where.
[[nodiscard]] Result<TlsPolicy> read_tls_policy(std::string_view text, const std::string& file);

// `name`: a path, or a file below `directory` without its ".toml".
[[nodiscard]] Result<TlsPolicy> load_tls_policy(const std::string& name, const std::string& directory);

}  // namespace integrityd
