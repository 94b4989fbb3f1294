// The list of watchers: a new watcher is one line in watcher_list.cpp.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "watchers/watcher.hpp"

namespace integrityd {

// Every watcher this version has, in the order in which people read them.
[[nodiscard]] std::vector<std::string> watcher_names();
// Those that the configuration does not switch off.
[[nodiscard]] std::vector<std::string> enabled_watchers(const Config& config);
// Whether this watcher would do the same under both: a reload leaves it alone then.
[[nodiscard]] bool same_for_watcher(std::string_view name, const Config& before, const Config& after);
// What the configuration alone takes back, where the watcher is switched off: nobody looks at what it does not have any
// more, and nobody ever will. None: nothing.
[[nodiscard]] std::optional<Look> taken_back_by(const Config& config, std::string_view name);
// The watcher of this name; null where the configuration switches it off.
[[nodiscard]] std::unique_ptr<Watcher> make_watcher(std::string_view name, const WatcherContext& context);

}  // namespace integrityd
