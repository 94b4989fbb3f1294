// AIDE's database as a file: its digest, and whether it is one at all.
#pragma once

#include <cstdint>
#include <string>

#include "core/result.hpp"

namespace integrityd {

struct AideDatabaseFacts {
    std::string sha256;       // hex, of the *uncompressed* text: what AIDE states in its reports
    std::uint64_t bytes = 0;  // uncompressed
    std::uint64_t entries = 0;
    bool begins = false;  // has @@begin_db; without it AIDE takes everything for added
    bool ends = false;    // has @@end_db behind it
};

// More is no database of a device but a decompression bomb: 100,000 entries have some 60 MiB.
constexpr std::uint64_t max_aide_database = std::uint64_t{1} << 30;

// Reads from the descriptor's current position, plain or gzip. Blocks: for a worker. EFBIG beyond
// `limit` bytes of text, EBADMSG for a broken gzip stream.
[[nodiscard]] Result<AideDatabaseFacts> read_aide_database(int fd, std::uint64_t limit = max_aide_database);

}  // namespace integrityd
