#include "bus/arguments.hpp"

#include <algorithm>
#include <cerrno>

#include "core/escape.hpp"

namespace integrityd {

namespace {

constexpr std::size_t usual_page = 256;
constexpr std::size_t largest_page = 1000;
constexpr std::size_t most_ids = 1000;
constexpr std::size_t longest_comment = 4096;
constexpr std::size_t longest_name = 256;
constexpr std::size_t longest_document = 8U << 20;

}  // namespace

std::size_t page_limit(std::uint32_t limit) {
    return limit == 0 ? usual_page : std::min<std::size_t>(limit, largest_page);
}

Result<void> check_ids(const std::vector<std::uint64_t>& ids) {
    if (ids.size() > most_ids) return Error{"more than 1000 ids", EINVAL};
    if (std::find(ids.begin(), ids.end(), 0) != ids.end()) return Error{"0 is no id", EINVAL};
    return {};
}

Result<void> check_comment(std::string_view comment) {
    if (comment.size() > longest_comment) return Error{"the comment is longer than 4 KiB", EINVAL};
    if (!is_utf8(comment)) return Error{"the comment is not UTF-8", EINVAL};
    return {};
}

Result<void> check_document(std::string_view document) {
    if (document.size() > longest_document) return Error{"the document is longer than 8 MiB", EINVAL};
    if (!is_utf8(document)) return Error{"the document is not UTF-8", EINVAL};
    return {};
}

Result<void> check_name(std::string_view name) {
    if (name.size() > longest_name) return Error{"the name is longer than 256 bytes", EINVAL};
    const auto is_control = [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; };
    if (!is_utf8(name) || std::any_of(name.begin(), name.end(), is_control))
        return Error{"the name holds control characters", EINVAL};
    return {};
}

}  // namespace integrityd
