// Cipher suites and groups: their names, and the classes that are probed together.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace integrityd {

struct TlsSuite {
    std::uint16_t id = 0;
    std::string name;     // IANA's: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    std::string openssl;  // OpenSSL's: "ECDHE-RSA-AES128-GCM-SHA256"
    std::string family;   // the worst that can be said of it: see suite_classes()
    bool tls13 = false;
};

// From the worst to the best; each suite belongs to the first that fits. "null", "anonymous", "export", "rc4", "des",
// "3des", "md5", "rsa" (key transport without forward secrecy), "psk", "srp", "cbc-sha1", "cbc", "chacha20", "ccm8",
// "camellia", "aria", "other" (DSS and what else there is), "dhe", "aead".
[[nodiscard]] const std::vector<std::string_view>& suite_classes();

// All that OpenSSL here can offer, and its own words for them. Sorted by number.
[[nodiscard]] const std::vector<TlsSuite>& offerable_suites();

// IANA's name; "0x1234" for what is not known here.
[[nodiscard]] std::string suite_name(std::uint16_t id);
// The class; "" for what is not known here.
[[nodiscard]] std::string suite_class(std::uint16_t id);

struct TlsGroup {
    std::uint16_t id = 0;
    std::string_view name;
    std::string_view openssl;  // empty: OpenSSL here cannot offer it
    bool tls13 = false;        // offered in TLS 1.3
};
[[nodiscard]] const std::vector<TlsGroup>& known_groups();
// IANA's name; "0x1234" for what is not known.
[[nodiscard]] std::string group_name(std::uint16_t id);

// What ordinary libraries of this time no longer have, so that it cannot be probed: in words, for people.
[[nodiscard]] const std::vector<std::string>& not_offerable();

}  // namespace integrityd
