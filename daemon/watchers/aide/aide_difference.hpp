// AideDifference: what differs from AIDE's database, as something that can be shown, accepted and compared.
#pragma once

#include <cstdint>
#include <string>

#include "core/value.hpp"
#include "sources/aide_report.hpp"

namespace integrityd {

struct AideDifference {
    std::uint64_t entries = 0;
    std::string digest;     // of all entries with the values of their attributes
    std::string hindrance;  // why they cannot be accepted as they stand; empty: they can
    ValueMap shown;         // for BaselineDiff
};

// Of a report that can be relied on. Two reports have the same digest when they tell the same entries with the same
// values: a check, and the comparison of the old database with one that was made of the same files.
[[nodiscard]] AideDifference difference_of(const AideReport& report);

}  // namespace integrityd
