#include "sources/aide_paths.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace integrityd {

namespace {

// Each entry: two bytes of length, one of the kind, the path.
constexpr std::size_t head_size = 3;

}  // namespace

std::string_view to_string(AideRowKind kind) {
    constexpr std::array<std::string_view, aide_row_kinds> names = {"changed", "removed", "added"};
    return names.at(static_cast<std::size_t>(kind));
}

bool AidePaths::add(AideRowKind kind, std::string_view path) {
    const std::size_t size = head_size + path.size();
    if (full_ || path.size() > max_path) {
        full_ = true;
        return false;
    }
    if (used_ + size > block_size) {
        if ((blocks_.size() + 1) * block_size > max_bytes) {
            full_ = true;
            return false;
        }
        blocks_.push_back(std::make_unique<char[]>(block_size));
        used_ = 0;
    }
    char* const place = blocks_.back().get() + used_;
    const auto length = static_cast<std::uint16_t>(path.size() + 1);
    std::memcpy(place, &length, sizeof length);
    place[2] = static_cast<char>('0' + static_cast<int>(kind));
    std::copy(path.begin(), path.end(), place + head_size);
    index_.push_back(static_cast<std::uint32_t>((blocks_.size() - 1) << block_bits | used_));
    used_ += size;
    return true;
}

std::string_view AidePaths::at(std::uint32_t place) const {
    const char* const entry = blocks_[place >> block_bits].get() + (place & (block_size - 1));
    std::uint16_t length = 0;
    std::memcpy(&length, entry, sizeof length);
    return {entry + sizeof length, length};
}

void AidePaths::seal() {
    const auto less = [this](std::uint32_t a, std::uint32_t b) { return at(a) < at(b); };
    // AIDE sorts its lists: then there is nothing to do.
    if (!std::is_sorted(index_.begin(), index_.end(), less)) std::sort(index_.begin(), index_.end(), less);
}

bool AidePaths::contains(AideRowKind kind, std::string_view path) const {
    std::string wanted(1, static_cast<char>('0' + static_cast<int>(kind)));
    wanted += path;
    const auto found = std::lower_bound(index_.begin(), index_.end(), std::string_view(wanted),
                                        [this](std::uint32_t a, std::string_view b) { return at(a) < b; });
    return found != index_.end() && at(*found) == wanted;
}

}  // namespace integrityd
