// What was mounted over what AIDE, audit and this daemon rely on.
#pragma once

#include <string>
#include <vector>

#include "core/values.hpp"
#include "watchers/boot/boot_facts.hpp"

namespace integrityd {

// Mounts that cover a protected path, or lie above one (/var/log), as a baseline names them ("overlay on /etc from
// overlay, lowerdir=/etc,upperdir=/var/etc"), sorted. Each has a name of its own: of mounts that look the same the
// second is told as that. The overlay with which a read-only root keeps its settings is accepted like any other.
[[nodiscard]] std::vector<std::string> covering_mounts(const std::vector<Mount>& mounts);

[[nodiscard]] std::vector<Observation> judge_mounts(const BootSurroundings& surroundings,
                                                    const std::vector<std::string>& accepted);

}  // namespace integrityd
