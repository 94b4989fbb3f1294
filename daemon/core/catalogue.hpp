// The catalogue of kinds: what integrityd can say, declared once in policy/catalogue.toml.
//
// catalogue_kinds.hpp (a constant per kind, `kinds::aide_entry_added`) and catalogue_data.cpp are
// generated from that file when the program is built.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/severity.hpp"

namespace integrityd {

// A condition holds or does not; a happening is over when it is told (contract section 3).
enum class Nature : std::uint8_t { condition, happening };

struct Kind {
    std::string_view name;    // "aide.entry.changed"
    std::string_view source;  // the watcher: "aide", or "self"
    Severity severity;        // before the configuration's rules
    Nature nature;
    std::span<const std::string_view> requirements;  // "CR 3.4", …
    std::string_view meaning;                        // one sentence
    std::string_view action;                         // one sentence
    std::string_view message_id;                     // 32 hex digits, MESSAGE_ID of the journal
};

// An event that is about no violation.
struct Notice {
    std::string_view name;  // "self.started", or "verdict"
    std::span<const std::string_view> requirements;
    std::string_view meaning;     // one sentence
    std::string_view message_id;  // as above
};

// All kinds, sorted by name.
[[nodiscard]] std::span<const Kind> all_kinds();

// The kind of this name; null when this version does not know it.
[[nodiscard]] const Kind* find_kind(std::string_view name);

// All notices, sorted by name.
[[nodiscard]] std::span<const Notice> all_notices();

// The journal's MESSAGE_ID of events that are about no violation: "verdict", or a notice's kind;
// empty when this version does not know it.
[[nodiscard]] std::string_view message_id_of_notice(std::string_view notice);

}  // namespace integrityd
