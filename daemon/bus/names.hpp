// Names on the bus (contract section 1 and 5).
#pragma once

namespace integrityd {

inline constexpr auto bus_name = "org.cip_project.Integrity1";
inline constexpr auto root_path = "/org/cip_project/Integrity1";
inline constexpr auto watcher_path = "/org/cip_project/Integrity1/watcher/";

}  // namespace integrityd
