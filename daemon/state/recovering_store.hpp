// RecoveringStore: a Store that survives its own file.
//
// When the database turns out to be damaged while it is in use (EUCLEAN), it is set aside and a new
// one begun, and the call is made again there. Everybody else goes on with the same Store. Facts (what was accepted)
// and marks go over into the new one: they were read from a sound file and are known.
#pragma once

#include <functional>
#include <memory>

#include "state/store.hpp"

namespace integrityd {

// Told once a new store is in place; may not call the store (post what does). What it returns is the first event of
// the new chain.
using StoreReplaced = std::function<EventDraft(const StoreOpening&)>;
[[nodiscard]] Result<std::unique_ptr<Store>> open_recovering_store(const StoreSettings& settings, StoreOpening& opening,
                                                                   StoreReplaced replaced);

}  // namespace integrityd
