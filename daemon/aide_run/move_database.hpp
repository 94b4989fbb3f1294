// move_database(): a new database of AIDE takes the old one's place.
#pragma once

#include <string>

#include "core/result.hpp"

namespace integrityd {

// Renames `database` + ".new" to `database`, durably. Who might read the old one may read the new one: its mode and its
// access control list are taken over.
[[nodiscard]] Result<void> move_database(const std::string& database);

}  // namespace integrityd
