// One value of the configuration, checked against its key and brought into its one form.
#pragma once

#include <string>

#include "core/config_schema.hpp"
#include "core/config_tree.hpp"
#include "core/result.hpp"
#include "core/value.hpp"

namespace integrityd {

// Durations become µs, sizes bytes, so that "60s" and "1min" are the same configuration. The error
// says what the value must be.
[[nodiscard]] Result<Value> convert_value(const ConfigKey& key, const ConfigNode& node);

// The key's default in the same form.
[[nodiscard]] Value default_value(const ConfigKey& key);

}  // namespace integrityd
