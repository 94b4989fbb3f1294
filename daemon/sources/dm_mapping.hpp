// The active table of a mapping, out of the text that the broker gives (core/dm_table.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace integrityd {

struct DmTarget {
    std::uint64_t start = 0;   // sectors of 512 bytes
    std::uint64_t length = 0;  // likewise
    std::string type;
    std::vector<std::string> parameters;  // the key's place holds its length
};

struct DmTable {
    std::string device;  // "MAJOR:MINOR" of the mapping itself
    std::string uuid;    // a free text: whoever makes a mapping may write anything there
    std::vector<DmTarget> targets;
};

// Total.
[[nodiscard]] Result<DmTable> parse_dm_table(std::string_view text);

// A target of type crypt: CIPHER KEY IV_OFFSET DEVICE OFFSET [#OPTIONS OPTION…].
struct DmCrypt {
    std::string cipher;
    std::uint64_t key_size = 0;      // bytes
    std::string device;              // "MAJOR:MINOR" of what lies below
    std::uint64_t offset = 0;        // sectors
    std::vector<std::string> flags;  // sorted, without what only follows from the sector size
};

// None: it is another one, or not complete.
[[nodiscard]] std::optional<DmCrypt> as_crypt(const DmTarget& target);

// A target of type verity: VERSION DEVICE HASH_DEVICE DATA_BLOCK HASH_BLOCK BLOCKS HASH_START ALGORITHM ROOT_HASH SALT
// [#OPTIONS OPTION…].
struct DmVerity {
    std::string algorithm;
    std::string root_hash;            // lower-case hex
    bool ignores_corruption = false;  // what does not verify is read all the same
};

// None: it is another one, or not complete.
[[nodiscard]] std::optional<DmVerity> as_verity(const DmTarget& target);
// Of a device that is one such target from its beginning to its end.
[[nodiscard]] std::optional<DmVerity> as_verity(const DmTable& table);

}  // namespace integrityd
