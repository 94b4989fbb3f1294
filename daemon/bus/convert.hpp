// The daemon's values as they travel on the bus (contract section 5: V and E).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <sdbus-c++/sdbus-c++.h>

#include "bus/service.hpp"
#include "core/values.hpp"

namespace integrityd {

using BusDict = std::map<std::string, sdbus::Variant>;
// V: id kind source severity subject state first_seen last_seen count details
using BusViolation = sdbus::Struct<std::uint64_t, std::string, std::string, std::string, std::string, std::string,
                                   std::uint64_t, std::uint64_t, std::uint32_t, BusDict>;
// E: sequence time boottime boot_id type violation extra hash
using BusEvent = sdbus::Struct<std::uint64_t, std::uint64_t, std::uint64_t, std::string, std::string, BusViolation,
                               BusDict, std::string>;

// Who reads: auditors see actors and audit text, everybody else (and the signal) does not.
enum class Audience : std::uint8_t { readers, auditors };

[[nodiscard]] BusViolation to_bus(const Violation& violation, Audience audience);
[[nodiscard]] BusEvent to_bus(const Event& event, Audience audience);

// The filter of ListViolations; EINVAL with what is wrong.
[[nodiscard]] Result<ViolationFilter> read_filter(const BusDict& filter);

}  // namespace integrityd
