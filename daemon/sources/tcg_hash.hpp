// The hash algorithms of the TCG (Algorithm Registry, table 3): what banks of PCRs, event logs and IMA are made of.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace integrityd {

// TPM_ALG_ID.
using HashAlgorithm = std::uint16_t;

namespace tcg {
inline constexpr HashAlgorithm sha1 = 0x0004;
inline constexpr HashAlgorithm sha256 = 0x000b;
inline constexpr HashAlgorithm sha384 = 0x000c;
inline constexpr HashAlgorithm sha512 = 0x000d;
inline constexpr HashAlgorithm sm3_256 = 0x0012;
inline constexpr HashAlgorithm sha3_256 = 0x0027;
inline constexpr HashAlgorithm sha3_384 = 0x0028;
inline constexpr HashAlgorithm sha3_512 = 0x0029;
}  // namespace tcg

// Bytes of a digest; 0 for what is not known.
[[nodiscard]] std::size_t digest_size(HashAlgorithm algorithm);
// "sha256" …; empty for what is not known.
[[nodiscard]] std::string_view hash_name(HashAlgorithm algorithm);
[[nodiscard]] std::optional<HashAlgorithm> parse_hash_name(std::string_view name);

// A digest of any of them, without a heap.
struct TcgDigest {
    static constexpr std::size_t largest = 64;

    std::uint8_t size = 0;
    std::array<char, largest> bytes{};

    TcgDigest() = default;
    // At most 64 bytes; the rest is not taken.
    explicit TcgDigest(std::string_view from);
    // `size` bytes of one value: what PCRs begin with.
    [[nodiscard]] static TcgDigest filled(std::size_t size, char value);

    [[nodiscard]] std::string_view view() const { return {bytes.data(), size}; }
    [[nodiscard]] std::string hex() const;
    bool operator==(const TcgDigest& other) const { return view() == other.view(); }
};

// Computes digests of one algorithm. Not for two threads at once.
class TcgHash {
public:
    // None where this OpenSSL does not have it.
    [[nodiscard]] static std::optional<TcgHash> make(HashAlgorithm algorithm);
    ~TcgHash();
    TcgHash(TcgHash&&) noexcept;
    TcgHash& operator=(TcgHash&&) noexcept;

    [[nodiscard]] HashAlgorithm algorithm() const { return algorithm_; }
    // Of the parts behind each other.
    [[nodiscard]] TcgDigest digest(std::initializer_list<std::string_view> parts);
    // What TPM2_PCR_Extend makes of a PCR.
    void extend(TcgDigest& pcr, std::string_view with) { pcr = digest({pcr.view(), with}); }

    // In pieces: begin, add …, finish.
    void begin();
    void add(std::string_view bytes);
    [[nodiscard]] TcgDigest finish();

private:
    struct Context;
    TcgHash(HashAlgorithm algorithm, std::unique_ptr<Context> context);

    HashAlgorithm algorithm_;
    std::unique_ptr<Context> context_;
};

}  // namespace integrityd
