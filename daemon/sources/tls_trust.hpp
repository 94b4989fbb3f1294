// TlsTrust: whom an endpoint's certificate may come from, and whether it does.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace integrityd {

// What the authority's stapled response says of the certificate (RFC 6960, RFC 6066 section 8).
enum class TlsStaple : std::uint8_t { none, good, revoked, unknown, invalid };
[[nodiscard]] std::string_view to_string(TlsStaple staple);

struct TlsChainVerdict {
    bool trusted = false;              // a path to an authority, every signature right, fit for servers
    std::vector<std::string> reasons;  // why not; one line each, escaped
    bool wrong_purpose = false;        // among them: not meant for a server, or an authority that is none
    bool name_matches = false;
    std::vector<std::string> path;  // DER, from the endpoint's own to the authority's; without one, as sent
    TlsStaple staple = TlsStaple::none;
    std::string staple_reason;     // what is wrong with it; when it was revoked
    std::int64_t staple_from = 0;  // since when it is so, in seconds since 1970 (thisUpdate); of good and revoked
};

class TlsTrust {
public:
    // The certificates of a PEM file: authorities, or an endpoint's own. Reads a file of at most 4 MiB.
    [[nodiscard]] static Result<std::shared_ptr<const TlsTrust>> from_file(const std::string& path);
    [[nodiscard]] static Result<std::shared_ptr<const TlsTrust>> from_certificates(const std::vector<std::string>& der);
    // The system's authorities, looked up as they are needed.
    [[nodiscard]] static Result<std::shared_ptr<const TlsTrust>> of_system();
    ~TlsTrust();
    TlsTrust(const TlsTrust&) = delete;
    TlsTrust& operator=(const TlsTrust&) = delete;

    struct Question {
        const std::vector<std::string>& chain;  // DER, as sent
        std::string name;                       // a DNS name or an address
        std::string staple;                     // DER; empty: none was sent
        std::optional<std::int64_t> now;        // seconds since 1970; none: the clock is wrong, times are not judged
    };
    // Judges signatures, purposes, constraints and the name. Validity is not among the reasons: who asks compares the
    // times of `path`. Key lengths and hash functions are not either: the policy decides.
    [[nodiscard]] TlsChainVerdict verify(const Question& question) const;

private:
    struct Parts;
    explicit TlsTrust(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace integrityd
