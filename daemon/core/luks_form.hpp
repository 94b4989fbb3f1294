// Where a LUKS header stands (LUKS2 on-disk format 1.1.2, chapter 2; LUKS1 1.2.3, chapter 3). Numbers are big-endian.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

namespace integrityd::luks_form {

inline constexpr std::string_view first_magic{"LUKS\xba\xbe", 6};
inline constexpr std::string_view second_magic{"SKUL\xba\xbe", 6};

// In front of each JSON area.
inline constexpr std::size_t binary_size = 4096;
// A copy, binary header and JSON area: 16 KiB to 4 MiB, a power of two. The second copy follows the first.
inline constexpr std::uint64_t least_copy = 16U << 10;
inline constexpr std::uint64_t most_copy = 4U << 20;
// The whole header of LUKS1 in front of its keys.
inline constexpr std::size_t luks1_size = 592;
// Magic and version: all that is told of what is no LUKS.
inline constexpr std::size_t magic_size = 8;

inline constexpr bool is_copy_size(std::uint64_t size) {
    return size >= least_copy && size <= most_copy && std::has_single_bit(size);
}

// A number of `bytes` bytes at `offset`, which has to be inside.
inline std::uint64_t number_at(std::string_view text, std::size_t offset, std::size_t bytes) {
    std::uint64_t number = 0;
    for (const char byte : text.substr(offset, bytes))
        number = number << 8 | static_cast<unsigned char>(byte);
    return number;
}
inline std::uint64_t version_at(std::string_view copy) {
    return number_at(copy, 6, 2);
}
inline std::uint64_t copy_size_at(std::string_view copy) {
    return number_at(copy, 8, 8);
}

}  // namespace integrityd::luks_form
