// The spellings of single values in the configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/values.hpp"

namespace integrityd {

// "0", or an integer with ms, s, min, h, d; in µs. None for anything else, or more than 64 bits hold.
[[nodiscard]] std::optional<std::int64_t> parse_duration(std::string_view text);

// An integer, with K, M or G (powers of 1024); in bytes.
[[nodiscard]] std::optional<std::int64_t> parse_size(std::string_view text);

// RFC 3339: a date ("2027-01-31": the whole day, so its end in UTC), or a date and time in UTC
// ("2027-01-31T12:00:00Z").
[[nodiscard]] std::optional<WallTime> parse_until(std::string_view text);

// The words of a text that are separated by single spaces.
[[nodiscard]] std::vector<std::string_view> split_words(std::string_view text);

}  // namespace integrityd
