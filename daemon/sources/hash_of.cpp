#include "sources/hash_of.hpp"

#include <array>
#include <openssl/evp.h>

namespace integrityd {

namespace {

struct Known {
    std::string_view name;
    std::size_t size;
    const EVP_MD* (*method)();
};

constexpr std::array known = {Known{"sha1", 20, EVP_sha1}, Known{"sha256", 32, EVP_sha256},
                              Known{"sha384", 48, EVP_sha384}, Known{"sha512", 64, EVP_sha512},
                              Known{"sm3_256", 32, EVP_sm3}};

const Known* find(std::string_view name) {
    for (const Known& each : known)
        if (each.name == name) return &each;
    return nullptr;
}

}  // namespace

std::optional<std::string> hash_of(std::string_view algorithm, std::string_view bytes) {
    const Known* const found = find(algorithm);
    if (found == nullptr) return std::nullopt;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, found->method(), nullptr) != 1)
        return std::nullopt;
    return std::string(reinterpret_cast<const char*>(digest.data()), size);
}

std::size_t hash_size(std::string_view algorithm) {
    const Known* const found = find(algorithm);
    return found == nullptr ? 0 : found->size;
}

}  // namespace integrityd
