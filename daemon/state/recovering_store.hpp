// RecoveringStore: a Store that survives its own file.
//
// When the database turns out to be damaged while it is in use (EUCLEAN), it is set aside and a new
// one begun, and the call is made again there. Everybody else goes on with the same Store.
#pragma once

#include <functional>
#include <memory>

#include "state/store.hpp"

namespace integrityd {

// `replaced` is told once the new store is in place; it may not call the store (post what does).
[[nodiscard]] Result<std::unique_ptr<Store>> open_recovering_store(const StoreSettings& settings, StoreOpening& opening,
                                                                   std::function<void(const StoreOpening&)> replaced);

}  // namespace integrityd
