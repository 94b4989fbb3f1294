// Who a certificate in PK, KEK or db belongs to, for people and for the names of keys that nobody may rely on.
#pragma once

#include <string>
#include <string_view>

namespace integrityd {

// The subject in one line (RFC 2253), escaped; empty for what is no X.509 certificate.
[[nodiscard]] std::string certificate_subject(std::string_view der);

// Keys that are on every developer's disk: those of vendors' reference code ("DO NOT TRUST"), and Debian's snakeoil.
[[nodiscard]] bool is_test_key(std::string_view subject);

}  // namespace integrityd
