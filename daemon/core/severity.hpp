// Severity: how much a violation weighs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace integrityd {

// `record` comes from a severity rule only: kept and told, outside the verdict.
enum class Severity : std::uint8_t { record, low, medium, high, critical };

[[nodiscard]] std::string_view to_string(Severity severity);
[[nodiscard]] std::optional<Severity> parse_severity(std::string_view text);

}  // namespace integrityd
