// Every key of the configuration: its section, type, default and limits.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace integrityd {

enum class KeyType : std::uint8_t {
    text,
    name,  // 1 to 64 printable characters; what entries of a list are merged by
    path,  // absolute
    boolean,
    enabled,        // true, false or "auto"
    duration,       // "0", or an integer with ms, s, min, h, d; limits in milliseconds
    size,           // bytes, with K, M, G (powers of 1024)
    severity,       // low, medium, high, critical
    rule_severity,  // the same, or "record"
    integer,
    choice,   // one of `allowed`
    choices,  // a list of them
    integers,
    texts,
    date,  // "", an RFC 3339 date, or date and time in UTC
};

enum class Presence : std::uint8_t { defaulted, optional, required };

struct ConfigKey {
    std::string_view name;
    KeyType type = KeyType::text;
    // Without quotes; of lists the entries, separated by spaces.
    std::string_view default_value;
    std::string_view allowed;  // of choices, separated by spaces
    std::int64_t minimum = 0;
    std::int64_t maximum = INT64_MAX;
    Presence presence = Presence::defaulted;
    bool zero_or_empty = false;  // "0" (duration) or "" (path, choice) is allowed beside the rest
};

struct ConfigSection {
    std::string_view name;  // "aide", or "notify.recipient"
    bool is_list = false;   // [[name]], entries told apart by `name`
    std::span<const ConfigKey> keys;
};

// All sections; a section stands before those below it.
[[nodiscard]] std::span<const ConfigSection> config_schema();

[[nodiscard]] const ConfigSection* find_section(std::string_view name);
[[nodiscard]] const ConfigKey* find_key(const ConfigSection& section, std::string_view name);

}  // namespace integrityd
