// What callers may pass: each argument is checked before the daemon sees it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace integrityd {

// How many items a page may hold: 0 stands for 256, more than 1000 for 1000.
[[nodiscard]] std::size_t page_limit(std::uint32_t limit);
// At most 1000 ids (a page of a list), none of them 0.
[[nodiscard]] Result<void> check_ids(const std::vector<std::uint64_t>& ids);
// At most 4 KiB of UTF-8: it becomes part of an event.
[[nodiscard]] Result<void> check_comment(std::string_view comment);
// At most 8 MiB of UTF-8, which is what a baseline's document may have.
[[nodiscard]] Result<void> check_document(std::string_view document);
// Names of watchers, topics, recipients and digests: at most 256 bytes, without control characters.
[[nodiscard]] Result<void> check_name(std::string_view name);

}  // namespace integrityd
