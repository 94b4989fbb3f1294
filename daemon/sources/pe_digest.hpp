// The Authenticode digest of a PE file (loader, UKI, driver): what firmware measures into PCR 4 and 2, and what a
// signature covers. The file's checksum and its signatures do not count.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sources/tcg_hash.hpp"

namespace integrityd {

// Reads `size` bytes at `offset` into `into`; false where the file does not have them.
struct PeSource {
    std::uint64_t size = 0;
    std::function<bool(std::uint64_t offset, char* into, std::size_t size)> read;
};

// A UKI has some ten to some hundred MB; what is larger is none.
inline constexpr std::uint64_t largest_pe_file = 1ULL << 30;

// One digest for each algorithm, in their order. An error: no PE file, or one that is not well-formed.
// Memory does not depend on the file's size; it takes as long as reading and hashing it.
[[nodiscard]] Result<std::vector<TcgDigest>> pe_digests(const PeSource& source,
                                                        const std::vector<HashAlgorithm>& algorithms);
// The same for an open file; blocks.
[[nodiscard]] Result<std::vector<TcgDigest>> pe_digests(int fd, const std::vector<HashAlgorithm>& algorithms);
// The digest of one of its sections (".initrd"), as long as it is in memory. An error: ENOENT where there is none.
[[nodiscard]] Result<TcgDigest> pe_section_digest(const PeSource& source, std::string_view name,
                                                  HashAlgorithm algorithm);
[[nodiscard]] Result<PeSource> file_pe_source(int fd);
[[nodiscard]] PeSource memory_pe_source(std::string_view bytes);

}  // namespace integrityd
