// TlsClient: a client's handshake as bytes in, bytes out. It knows no socket and no time.
//
// What the peer sends is bounded: 256 KiB in all, 128 KiB of certificates. Verification is not done here: the chain is
// taken as it was sent.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "sources/tls_context.hpp"
#include "sources/tls_types.hpp"

namespace integrityd {

class TlsClient {
public:
    // The largest handshake: a certificate list at its limit, a stapled response, and as much again for records.
    static constexpr std::uint64_t most_received = 256U << 10;

    // `server_name` is sent (SNI) unless empty. An error: OpenSSL here cannot offer this.
    [[nodiscard]] static Result<std::unique_ptr<TlsClient>> make(const std::shared_ptr<TlsContext>& context,
                                                                 const TlsOffer& offer, const std::string& server_name,
                                                                 const std::vector<std::string>& alpn);
    ~TlsClient();
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    // Goes on with what the peer sent (empty at first); true when it is over.
    bool advance(std::string_view received);
    // The handshake is over but for a refusal: in TLS 1.3 a server judges the client's certificate when the client has
    // finished already. It ends with what the peer says to that; whoever has waited enough calls settle().
    [[nodiscard]] bool awaits_refusal() const;
    // Nothing was refused; over.
    void settle();
    // The peer closed; `why` is empty at an orderly end.
    void ended(std::string_view why);
    // What is to be sent; taken.
    [[nodiscard]] std::string take_output();
    // What was seen; complete once it is over.
    [[nodiscard]] TlsSeen take_seen();

private:
    struct Parts;
    explicit TlsClient(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace integrityd
