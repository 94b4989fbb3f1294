#include "core/digest.hpp"

#include <cassert>
#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace integrityd {

namespace {

// Fetched once: an implicit fetch at each digest costs more than the digest of a small event.
// openssl.cnf is not read, because nobody shall be able to change by a file what SHA-256 means
// here, and because it saves the memory of the providers that it may load.
const EVP_MD* algorithm() {
    static const EVP_MD* fetched = [] {
        OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
        return EVP_MD_fetch(nullptr, "SHA256", nullptr);
    }();
    assert(fetched != nullptr);
    return fetched;
}

}  // namespace

struct Sha256::Context {
    EVP_MD_CTX* evp = EVP_MD_CTX_new();

    Context() { restart(); }
    ~Context() { EVP_MD_CTX_free(evp); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    void restart() {
        [[maybe_unused]] const int done = EVP_DigestInit_ex2(evp, algorithm(), nullptr);
        assert(done == 1);
    }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) {
    [[maybe_unused]] const int done = EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size());
    assert(done == 1);
}

Sha256Digest Sha256::finish() {
    Sha256Digest digest{};
    [[maybe_unused]] const int done = EVP_DigestFinal_ex(context_->evp, digest.data(), nullptr);
    assert(done == 1);
    context_->restart();
    return digest;
}

Sha256Digest sha256(std::string_view bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

std::string sha256_hex(std::string_view bytes) {
    return to_hex(sha256(bytes));
}

}  // namespace integrityd
