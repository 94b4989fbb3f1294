// LuksMetadata: what a LUKS2 header says in its JSON area (LUKS2 on-disk format specification 1.1.2, chapter 3).
//
// LUKS1 is put into the same form (sources/luks1_header.hpp), so that the same rules judge it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"

namespace integrityd {

// libcryptsetup's own limits (LUKS2_KEYSLOTS_MAX, LUKS2_TOKENS_MAX, LUKS2_DIGEST_MAX, LUKS2_SEGMENT_MAX).
inline constexpr unsigned most_luks_keyslots = 32;
inline constexpr unsigned most_luks_tokens = 32;
inline constexpr unsigned most_luks_digests = 8;
inline constexpr unsigned most_luks_segments = 32;

struct LuksKdf {
    std::string type;  // pbkdf2, argon2i, argon2id, or what is not known here
    std::string hash;  // of pbkdf2
    std::uint64_t iterations = 0;
    std::uint64_t time = 0;
    std::uint64_t memory = 0;  // KiB
};

struct LuksKeyslot {
    unsigned number = 0;
    std::string type;                       // luks2, reencrypt, luks1
    std::uint64_t key_size = 0;             // bytes
    std::optional<std::uint64_t> priority;  // none: normal
    std::string encryption;                 // of the area that holds the key
    std::uint64_t encryption_key_size = 0;  // bytes
    LuksKdf kdf;
    // SHA-256 of the slot without priority and the area's encryption, which are compared by themselves: another value
    // is another key.
    std::string sha256;
};

struct LuksSegment {
    unsigned number = 0;
    std::string type;  // crypt, linear
    std::string encryption;
    std::string offset;
    std::string size;
    std::uint64_t sector_size = 0;
    std::string integrity;  // dm-integrity's type; empty: none
    std::vector<std::string> flags;
    // SHA-256 of the segment without its encryption.
    std::string sha256;

    [[nodiscard]] bool is_backup() const;  // of an online re-encryption that is not finished
};

struct LuksDigest {
    unsigned number = 0;
    std::vector<unsigned> keyslots;
    std::vector<unsigned> segments;
    // SHA-256 over type, hash, iterations, salt and digest: of the volume key, as far as anybody can say without it.
    std::string sha256;
};

struct LuksToken {
    unsigned number = 0;
    std::string type;
    std::vector<unsigned> keyslots;
    ValueMap content;    // as it stands there
    std::string sha256;  // over its canonical JSON
};

struct LuksMetadata {
    std::vector<LuksKeyslot> keyslots;  // each list by number
    std::vector<LuksSegment> segments;
    std::vector<LuksDigest> digests;
    std::vector<LuksToken> tokens;
    std::vector<std::string> flags;         // persistent activation flags
    std::vector<std::string> requirements;  // mandatory ones
    std::string sha256;                     // over the canonical JSON of the whole

    // The digest of the key that encrypts the data; null: there is none.
    [[nodiscard]] const LuksDigest* volume_key() const;
    [[nodiscard]] const LuksDigest* digest_of_keyslot(unsigned number) const;
    [[nodiscard]] const LuksKeyslot* keyslot(unsigned number) const;
};

// The text of a JSON area up to its first NUL. `header_size` is that of the binary header, whose both copies are in
// front of the key area. Total; what libcryptsetup refuses is refused, and so are members that stand twice.
[[nodiscard]] Result<LuksMetadata> parse_luks_json(std::string_view text, std::uint64_t header_size);

}  // namespace integrityd
