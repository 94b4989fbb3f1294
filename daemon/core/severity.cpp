#include "core/severity.hpp"

#include <array>

namespace integrityd {

namespace {
constexpr std::array<std::string_view, 5> names = {"record", "low", "medium", "high", "critical"};
}

std::string_view to_string(Severity severity) {
    return names.at(static_cast<std::size_t>(severity));
}

std::optional<Severity> parse_severity(std::string_view text) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == text) return static_cast<Severity>(i);
    }
    return std::nullopt;
}

}  // namespace integrityd
