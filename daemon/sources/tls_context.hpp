// TlsContext: what all connections of one round share, an OpenSSL of our own.
//
// It is there only while somebody probes: it costs some MB. What /etc/ssl/openssl.cnf says decides nothing here:
// algorithms come from a library context without configuration, and every setting that the file can change is set for
// each connection.
#pragma once

#include <compare>
#include <memory>
#include <string>

#include "core/result.hpp"

namespace integrityd {

// A client's certificate and key. Each is a PEM file or a URI (RFC 7512 "pkcs11:…", "handle:0x81000001") that a
// provider of OpenSSL opens.
struct TlsCredential {
    std::string certificate;
    std::string key;

    [[nodiscard]] bool empty() const { return certificate.empty(); }
    // Whoever uses it waits for a token: that is for Lane::tokens.
    [[nodiscard]] bool in_token() const;
    auto operator<=>(const TlsCredential&) const = default;
};

// Whether it is opened by a provider and not as a file.
[[nodiscard]] bool is_key_uri(const std::string& where);

class TlsContext {
public:
    // `credential` may be empty. Reads files, for Lane::disk, and asks a provider for a URI.
    [[nodiscard]] static Result<std::shared_ptr<TlsContext>> make(const TlsCredential& credential);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    // As of its credential.
    [[nodiscard]] bool in_token() const;
    // This thread has done with it for now: OpenSSL keeps notes for each thread that used a library context, and looks
    // at them when the thread ends. A worker's may outlive the context, which another one frees.
    void leave_thread();

    struct Parts;  // tls_context_parts.hpp
    [[nodiscard]] Parts& parts() { return *parts_; }

private:
    explicit TlsContext(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace integrityd
