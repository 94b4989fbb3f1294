// TlsAuthority: makes certificates of every kind, good and bad, as PEM files in a directory of the test.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace integrityd::test {

struct TlsWish {
    std::string common_name = "endpoint.test";
    std::vector<std::string> names = {"DNS:endpoint.test"};
    std::string key = "ec";  // "ec", "ec:secp224r1", "rsa:2048", "ed25519"
    std::string hash = "SHA256";
    std::int64_t begins = -86400;  // seconds from now
    std::int64_t ends = 90 * 86400LL;
    std::string usage = "serverAuth";
    bool authority = false;
    bool pss = false;
    // Sees to it that the key of an earlier certificate with this file name is kept.
    std::string same_key_as;
};

// A certificate on disk.
struct TlsFiles {
    std::string certificate;  // PEM: itself alone
    std::string key;
    std::string chain;        // PEM: its issuers but the root; empty: there are none between
    std::string spki_sha256;  // base64
    std::string der;
};

class TlsAuthority {
public:
    // A self-signed root. `now` is what the wishes' times are counted from, in seconds since 1970; 0: the wall clock.
    explicit TlsAuthority(std::string directory, const TlsWish& wish = root_wish(), std::int64_t now = 0);
    ~TlsAuthority();
    TlsAuthority(TlsAuthority&&) noexcept;

    [[nodiscard]] static TlsWish root_wish();
    // Issues what is wished, as NAME.pem and NAME.key.
    [[nodiscard]] TlsFiles issue(const std::string& name, const TlsWish& wish = {}) const;
    // An authority below this one.
    [[nodiscard]] TlsAuthority intermediate(const std::string& name, TlsWish wish = root_wish()) const;
    // Something that nobody issued but itself.
    [[nodiscard]] static TlsFiles self_signed(const std::string& directory, const std::string& name,
                                              const TlsWish& wish);

    [[nodiscard]] const std::string& file() const;  // of its own certificate
    [[nodiscard]] const std::string& der() const;
    // A response as it is stapled, about a certificate that this authority issued; DER.
    [[nodiscard]] std::string staple(const std::string& certificate_der, bool revoked, std::int64_t age = 60) const;

private:
    struct Parts;
    explicit TlsAuthority(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace integrityd::test
