#include "core/values.hpp"

#include <array>

namespace integrityd {

namespace {

constexpr std::array<std::string_view, 3> clock_names = {"unset", "unsynchronised", "synchronised"};
constexpr std::array<std::string_view, 4> state_names = {"open", "acknowledged", "returned", "resolved"};
constexpr std::array<std::string_view, 7> type_names = {"raised",   "changed", "acknowledged", "returned",
                                                        "resolved", "verdict", "notice"};

template <typename Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& names, std::string_view text) {
    for (std::size_t i = 0; i < N; ++i) {
        if (names[i] == text) return static_cast<Enum>(i);
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(ClockState state) {
    return clock_names.at(static_cast<std::size_t>(state));
}
std::string_view to_string(ViolationState state) {
    return state_names.at(static_cast<std::size_t>(state));
}
std::string_view to_string(EventType type) {
    return type_names.at(static_cast<std::size_t>(type));
}
std::optional<ClockState> parse_clock_state(std::string_view text) {
    return find<ClockState>(clock_names, text);
}
std::optional<ViolationState> parse_violation_state(std::string_view text) {
    return find<ViolationState>(state_names, text);
}
std::optional<EventType> parse_event_type(std::string_view text) {
    return find<EventType>(type_names, text);
}

}  // namespace integrityd
