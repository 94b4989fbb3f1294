// AidePaths: every path of a report, compactly, for the question "is it still in the report?".
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace integrityd {

// In the order of importance: what is told first when not everything can be told.
enum class AideRowKind : std::uint8_t { changed, removed, added };
constexpr std::size_t aide_row_kinds = 3;

[[nodiscard]] std::string_view to_string(AideRowKind kind);

class AidePaths {
public:
    // Paths are held to 32 MiB (some 500,000 usual ones), which leaves room in the daemon's 48 MiB
    // limit; a report with more cannot take anything back.
    static constexpr std::size_t max_bytes = 32U << 20;
    static constexpr std::size_t max_path = 32U << 10;

    // False when there is no room; from then on `full()`.
    bool add(AideRowKind kind, std::string_view path);
    // Sorts; after that contains() may be asked.
    void seal();
    [[nodiscard]] bool contains(AideRowKind kind, std::string_view path) const;
    [[nodiscard]] bool full() const { return full_; }
    [[nodiscard]] std::size_t size() const { return index_.size(); }
    // The i-th after seal(): its kind as a digit, then the path.
    [[nodiscard]] std::string_view entry(std::size_t i) const { return at(index_[i]); }

private:
    static constexpr std::size_t block_size = 256U << 10;
    static constexpr unsigned block_bits = 18;
    [[nodiscard]] std::string_view at(std::uint32_t place) const;

    std::vector<std::unique_ptr<char[]>> blocks_;
    std::size_t used_ = block_size;     // in the last block
    std::vector<std::uint32_t> index_;  // block << block_bits | offset
    bool full_ = false;
};

}  // namespace integrityd
