// A part of AIDE's database: the entries of some paths, as a database of its own, with which AIDE checks just these in
// milliseconds, however large the whole one is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "sources/aide_database.hpp"

namespace integrityd {

struct AideSubset {
    std::string text;          // a database; without entries where none of the paths is in the whole one
    std::string whole_sha256;  // hex, of the text of the database that it was cut from
    std::size_t entries = 0;
};

// What one check asks for at most; the rest is asked by the next one. Together they are an argument of AIDE, for which
// the kernel's limit is 128 KiB.
constexpr std::size_t most_subset_paths = 64;
constexpr std::size_t most_subset_bytes = 48U << 10;

// Reads the whole database from the descriptor's current position, plain or gzip. `paths`: raw and absolute. Blocks:
// for a worker; 60 MiB of text take some 0.2 s. Errors as read_aide_database(); EBADMSG for what is no database;
// EMSGSIZE where the entries are longer than a subset may be (1 MiB).
[[nodiscard]] Result<AideSubset> cut_aide_database(int fd, const std::vector<std::string>& paths,
                                                   std::uint64_t limit = max_aide_database);

// The expression for AIDE's --limit that these paths match, and no other. AIDE anchors it at the begin alone.
[[nodiscard]] std::string aide_limit_of(const std::vector<std::string>& paths);

}  // namespace integrityd
