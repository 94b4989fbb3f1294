#include "sources/tcg_hash.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "core/digest.hpp"

namespace integrityd {

namespace {

struct Known {
    HashAlgorithm algorithm;
    std::size_t size;
    std::string_view name;
    const char* openssl;
};

constexpr std::array known = {
    Known{tcg::sha1, 20, "sha1", "SHA1"},
    Known{tcg::sha256, 32, "sha256", "SHA256"},
    Known{tcg::sha384, 48, "sha384", "SHA384"},
    Known{tcg::sha512, 64, "sha512", "SHA512"},
    Known{tcg::sm3_256, 32, "sm3_256", "SM3"},
    Known{tcg::sha3_256, 32, "sha3_256", "SHA3-256"},
    Known{tcg::sha3_384, 48, "sha3_384", "SHA3-384"},
    Known{tcg::sha3_512, 64, "sha3_512", "SHA3-512"},
};

std::size_t place_of(HashAlgorithm algorithm) {
    const auto* const found = std::ranges::find(known, algorithm, &Known::algorithm);
    return static_cast<std::size_t>(found - known.begin());
}

// Fetched once each: an implicit fetch at each digest costs more than the digest of a small event. openssl.cnf is not
// read, as in core/digest.cpp.
const EVP_MD* fetched(std::size_t place) {
    static const auto all = [] {
        OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
        std::array<const EVP_MD*, known.size()> each{};
        for (std::size_t i = 0; i < known.size(); ++i)
            each.at(i) = EVP_MD_fetch(nullptr, known.at(i).openssl, nullptr);
        return each;
    }();
    return place < all.size() ? all.at(place) : nullptr;
}

}  // namespace

std::size_t digest_size(HashAlgorithm algorithm) {
    const std::size_t place = place_of(algorithm);
    return place < known.size() ? known.at(place).size : 0;
}

std::string_view hash_name(HashAlgorithm algorithm) {
    const std::size_t place = place_of(algorithm);
    return place < known.size() ? known.at(place).name : std::string_view();
}

std::optional<HashAlgorithm> parse_hash_name(std::string_view name) {
    const auto* const found = std::ranges::find(known, name, &Known::name);
    return found == known.end() ? std::nullopt : std::optional(found->algorithm);
}

TcgDigest::TcgDigest(std::string_view from) : size(static_cast<std::uint8_t>(std::min(from.size(), largest))) {
    std::copy_n(from.begin(), size, bytes.begin());
}

TcgDigest TcgDigest::filled(std::size_t size, char value) {
    TcgDigest digest;
    digest.size = static_cast<std::uint8_t>(std::min(size, largest));
    std::fill_n(digest.bytes.begin(), digest.size, value);
    return digest;
}

std::string TcgDigest::hex() const {
    return to_hex(view());
}

struct TcgHash::Context {
    EVP_MD_CTX* evp = EVP_MD_CTX_new();
    const EVP_MD* algorithm = nullptr;

    Context() = default;
    ~Context() { EVP_MD_CTX_free(evp); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
};

TcgHash::TcgHash(HashAlgorithm algorithm, std::unique_ptr<Context> context)
    : algorithm_(algorithm), context_(std::move(context)) {}
TcgHash::~TcgHash() = default;
TcgHash::TcgHash(TcgHash&&) noexcept = default;
TcgHash& TcgHash::operator=(TcgHash&&) noexcept = default;

std::optional<TcgHash> TcgHash::make(HashAlgorithm algorithm) {
    const EVP_MD* const method = fetched(place_of(algorithm));
    if (method == nullptr) return std::nullopt;
    auto context = std::make_unique<Context>();
    context->algorithm = method;
    return TcgHash(algorithm, std::move(context));
}

TcgDigest TcgHash::digest(std::initializer_list<std::string_view> parts) {
    begin();
    for (const std::string_view part : parts)
        add(part);
    return finish();
}

void TcgHash::begin() {
    [[maybe_unused]] const int done = EVP_DigestInit_ex2(context_->evp, context_->algorithm, nullptr);
    assert(done == 1);
}

void TcgHash::add(std::string_view bytes) {
    [[maybe_unused]] const int done = EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size());
    assert(done == 1);
}

TcgDigest TcgHash::finish() {
    TcgDigest digest;
    unsigned size = 0;
    // EVP_MAX_MD_SIZE is 64, as TcgDigest's.
    [[maybe_unused]] const int done =
        EVP_DigestFinal_ex(context_->evp, reinterpret_cast<unsigned char*>(digest.bytes.data()), &size);
    assert(done == 1);
    digest.size = static_cast<std::uint8_t>(size);
    return digest;
}

}  // namespace integrityd
