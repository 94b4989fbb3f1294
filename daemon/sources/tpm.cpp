#include "sources/tpm.hpp"

#include <algorithm>

namespace integrityd {

namespace {

struct Hash {
    TpmHash algorithm;
    std::string_view name;
    std::size_t size;
};

constexpr std::array<Hash, 5> hashes = {{
    {TpmHash::sha1, "sha1", 20},
    {TpmHash::sha256, "sha256", 32},
    {TpmHash::sha384, "sha384", 48},
    {TpmHash::sha512, "sha512", 64},
    {TpmHash::sm3_256, "sm3_256", 32},
}};

}  // namespace

std::size_t digest_size(TpmHash algorithm) {
    const auto* const found = std::ranges::find(hashes, algorithm, &Hash::algorithm);
    return found != hashes.end() ? found->size : 0;
}

std::string_view to_string(TpmHash algorithm) {
    const auto* const found = std::ranges::find(hashes, algorithm, &Hash::algorithm);
    return found != hashes.end() ? found->name : "unknown";
}

std::optional<TpmHash> parse_tpm_hash(std::string_view name) {
    const auto* const found = std::ranges::find(hashes, name, &Hash::name);
    return found != hashes.end() ? std::optional(found->algorithm) : std::nullopt;
}

}  // namespace integrityd
