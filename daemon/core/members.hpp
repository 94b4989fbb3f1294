// Reading the members of a ValueMap that somebody else may have written: what is not there, or of another type, is
// empty.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/value.hpp"

namespace integrityd {

// Null: there is none, or none of this type. They point into `map`.
[[nodiscard]] const Value* value_at(const ValueMap& map, std::string_view name);
[[nodiscard]] const ValueMap* map_at(const ValueMap& map, std::string_view name);
[[nodiscard]] const ValueList* list_at(const ValueMap& map, std::string_view name);

// The same for loops: an empty one stands for none.
[[nodiscard]] const ValueMap& members_at(const ValueMap& map, std::string_view name);
[[nodiscard]] const ValueList& entries_at(const ValueMap& map, std::string_view name);

[[nodiscard]] std::string text_at(const ValueMap& map, std::string_view name);
[[nodiscard]] std::uint64_t number_at(const ValueMap& map, std::string_view name);
[[nodiscard]] std::optional<bool> flag_at(const ValueMap& map, std::string_view name);

// One for each entry; of what is no string an empty one.
[[nodiscard]] std::vector<std::string> texts_at(const ValueMap& map, std::string_view name);
[[nodiscard]] std::vector<std::string> texts_of(const ValueList& list);

// There is at least one entry, and each is a SHA-256 in hex.
[[nodiscard]] bool are_digests_at(const ValueMap& map, std::string_view name);

}  // namespace integrityd
