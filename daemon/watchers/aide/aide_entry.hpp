// Observations of single entries of a report, and the one that stands for those not told.
#pragma once

#include <string_view>

#include "core/values.hpp"
#include "sources/aide_report.hpp"

namespace integrityd {

[[nodiscard]] const Kind& entry_kind(AideRowKind kind);

// The member of an entry's details which says that a check of its path alone found it.
inline constexpr std::string_view path_check_mark = "path_check";

[[nodiscard]] Observation entry_observation(const AideRow& row, const AideReport& report);

// More entries than are told one by one: the exact numbers.
[[nodiscard]] Observation flood_observation(const AideReport& report, std::size_t told);

}  // namespace integrityd
