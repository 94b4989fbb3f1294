// TlsBaseline: what was accepted of each endpoint, by image.
//
// {"version": 1, "images": {IMAGE: {"endpoints": {NAME: {"keys": [SPKI…], "issuers": [SPKI…], "chains": [digest…],
//                                                        "parameters": [text…], "pins": digest}}}}}
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "state/baseline.hpp"
#include "watchers/tls/tls_facts.hpp"

namespace integrityd {

// Sets of accepted values; an empty one was not accepted yet.
struct TlsAccepted {
    std::vector<std::string> keys;        // of the endpoint: SPKI digests in base64, as pins are
    std::vector<std::string> issuers;     // of whoever signed its certificate: likewise
    std::vector<std::string> chains;      // digest over the keys of all authorities, from the issuer up
    std::vector<std::string> parameters;  // "TLS 1.3, TLS_AES_256_GCM_SHA384, x25519"
    std::string pins;                     // digest of the pins that were configured when it was accepted

    bool operator==(const TlsAccepted&) const = default;
};
using TlsAcceptedAll = std::map<std::string, TlsAccepted, std::less<>>;

// What is there, in the same form; empty where it is not known.
struct TlsPresent {
    std::string key;
    std::string issuer;  // empty: there is no verified path
    std::string chain;
    std::string parameters;
};
[[nodiscard]] TlsPresent present_of(const TlsFacts& facts);

[[nodiscard]] std::string digest_of_pins(const std::vector<std::string>& pins);

class TlsBaseline {
public:
    explicit TlsBaseline(BaselineStore& store) : store_(store) {}

    // What was accepted for the image that runs; none: nothing was. An error: there is a document, and it is not what
    // was accepted.
    [[nodiscard]] Result<std::optional<TlsAcceptedAll>> load();
    // Takes the place of what was accepted for this image; other images keep theirs.
    [[nodiscard]] Result<void> accept(const TlsAcceptedAll& accepted);
    // Takes the place of all that was accepted, of every image. EINVAL: it is no document as they are written here.
    [[nodiscard]] Result<void> import(const ValueMap& document);

private:
    BaselineStore& store_;
};

}  // namespace integrityd
