// What was mounted over what AIDE, audit and this daemon rely on.
#pragma once

#include <string>
#include <vector>

#include "core/values.hpp"
#include "watchers/boot/boot_facts.hpp"

namespace integrityd {

// Mounts that cover a protected path, or lie above one (/var/log), as a baseline names them ("overlay on /etc from
// overlay"), sorted. An overlay of /etc that lies over /etc itself is how a read-only root keeps its settings, and is
// none.
[[nodiscard]] std::vector<std::string> covering_mounts(const std::vector<Mount>& mounts);

[[nodiscard]] std::vector<Observation> judge_mounts(const BootSurroundings& surroundings,
                                                    const std::vector<std::string>& accepted);

}  // namespace integrityd
