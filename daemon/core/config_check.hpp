// What can be wrong with a configuration.
#pragma once

#include <string>
#include <vector>

#include "core/config_schema.hpp"
#include "core/config_tree.hpp"
#include "core/value.hpp"

namespace integrityd {

// Reads, checks and merges all files of the source.
[[nodiscard]] ConfigNode read_config_files(const ConfigSource& source, std::vector<ConfigProblem>& problems);

// One file on its own: unknown keys, types, limits, names that are there twice.
void check_file(const ConfigNode& root, std::vector<ConfigProblem>& problems);

// A section of the effective configuration, or one entry of a list: every key with its value.
struct EffectiveEntry {
    const ConfigSection* section;
    const ConfigNode* node;  // as it was written; null when it was not
    ValueMap values;

    // Whether it is set; keys with a default always are.
    [[nodiscard]] bool has(std::string_view key) const { return values.contains(key); }
    [[nodiscard]] std::string_view text(std::string_view key) const;
    [[nodiscard]] std::uint64_t number(std::string_view key) const;
    [[nodiscard]] bool flag(std::string_view key) const;
    [[nodiscard]] std::vector<std::string> texts(std::string_view key) const;
    [[nodiscard]] std::vector<std::int64_t> numbers(std::string_view key) const;
};

// Of the merged files: defaults filled in, in the order of the schema. Where nobody is configured
// to be told, the journal and the bus are.
[[nodiscard]] std::vector<EffectiveEntry> effective_entries(const ConfigNode& merged);

// What only the whole shows: required keys, values that contradict each other.
void check_whole(const std::vector<EffectiveEntry>& entries, std::vector<ConfigProblem>& problems);

// The nested form of the entries, for canonical JSON.
[[nodiscard]] ValueMap to_value(const std::vector<EffectiveEntry>& entries);

}  // namespace integrityd
