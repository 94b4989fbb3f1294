// Names on the bus (contract section 1 and 5).
#pragma once

namespace integrityd {

inline constexpr auto kBusName = "org.cip_project.Integrity1";
inline constexpr auto kRootPath = "/org/cip_project/Integrity1";
inline constexpr auto kWatcherPath = "/org/cip_project/Integrity1/watcher/";

}  // namespace integrityd
