#include "bus/arguments.hpp"

#include <algorithm>
#include <cerrno>

#include "core/escape.hpp"

namespace integrityd {

namespace {

constexpr std::size_t kUsualPage = 256;
constexpr std::size_t kLargestPage = 1000;
constexpr std::size_t kMostIds = 1000;
constexpr std::size_t kLongestComment = 4096;
constexpr std::size_t kLongestName = 256;

}  // namespace

std::size_t page_limit(std::uint32_t limit) {
    return limit == 0 ? kUsualPage : std::min<std::size_t>(limit, kLargestPage);
}

Result<void> check_ids(const std::vector<std::uint64_t>& ids) {
    if (ids.size() > kMostIds) return Error{"more than 1000 ids", EINVAL};
    if (std::find(ids.begin(), ids.end(), 0) != ids.end()) return Error{"0 is no id", EINVAL};
    return {};
}

Result<void> check_comment(std::string_view comment) {
    if (comment.size() > kLongestComment) return Error{"the comment is longer than 4 KiB", EINVAL};
    if (!is_utf8(comment)) return Error{"the comment is not UTF-8", EINVAL};
    return {};
}

Result<void> check_name(std::string_view name) {
    if (name.size() > kLongestName) return Error{"the name is longer than 256 bytes", EINVAL};
    const auto is_control = [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; };
    if (!is_utf8(name) || std::any_of(name.begin(), name.end(), is_control))
        return Error{"the name holds control characters", EINVAL};
    return {};
}

}  // namespace integrityd
