// The report of a boot taken apart again, for who shows it to people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace integrityd {

struct BootTextEvent {
    std::uint64_t pcr = 0;
    std::string component;
    std::string type;
    std::string digest;
    std::string backing;
    std::string text;
    std::optional<bool> accepted;  // none: no baseline decides about it
};

struct BootText {
    // "Secure Boot" → "on" …, in the order in which people want to know it; a name may come more than once.
    std::vector<std::pair<std::string, std::string>> facts;
    std::vector<BootTextEvent> events;
};

// Of boot_log_json() or of the daemon's report. An error: it is neither.
[[nodiscard]] Result<BootText> read_boot_text(std::string_view json);

}  // namespace integrityd
