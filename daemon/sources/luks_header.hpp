// LuksHeader: what the header area of a volume says, by a parser of our own.
//
// libcryptsetup is not asked: as root its crypt_load() repairs one copy from the other, which completes an attack and
// takes away the evidence. A checksum proves nothing but that the disk did not fail: who can write the disk can write
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sources/luks_metadata.hpp"

namespace integrityd {

enum class LuksFormat : std::uint8_t { none, luks1, luks2 };

// One of the two copies of a LUKS2 header.
struct LuksCopy {
    // Why it cannot be used; empty: it is intact. Escaped.
    std::string problem = "not there";
    std::string uuid;
    std::string label;
    std::string subsystem;
    std::uint64_t sequence = 0;  // one more with each time that it is written
    std::uint64_t size = 0;
    std::optional<LuksMetadata> metadata;  // of an intact copy

    [[nodiscard]] bool intact() const { return problem.empty(); }
};

struct LuksHeader {
    LuksFormat format = LuksFormat::none;
    LuksCopy first;
    LuksCopy second;  // LUKS1 has none
    // In what two intact copies differ: "sequence", "segments", …; empty: in nothing.
    std::vector<std::string> differences;

    // The copy that counts: the first one, where it is intact; null: none is.
    [[nodiscard]] const LuksCopy* copy() const;
    // Both copies are intact and say the same.
    [[nodiscard]] bool consistent() const;
};

// Of the bytes that copy_luks_area() gives. Total.
[[nodiscard]] LuksHeader parse_luks_header(std::string_view bytes);

}  // namespace integrityd
