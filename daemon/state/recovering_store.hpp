// RecoveringStore: a Store that survives its own file.
//
// When the database turns out to be damaged while it is in use (EUCLEAN), it is set aside and a new one begun, and the
// call is made again there. Everybody else goes on with the same Store. Facts (what was accepted) and marks go over
// into the new one: they were read from a sound file and are known. While no new one can be made (a full disk), each
// call that stores something tries again, and those that only ask are told why there is no answer.
#pragma once

#include <functional>
#include <memory>

#include "state/store.hpp"
#include "state/store_open.hpp"

namespace integrityd {

struct StoreReplacement {
    // What the new chain begins with, beside facts and marks. Asked at each try; may not call the store.
    std::function<StoreBeginning(const StoreOpening&)> begin;
    // A new store is in place. May not call the store (post what does).
    std::function<void(const StoreOpening&)> replaced;
};

[[nodiscard]] Result<std::unique_ptr<Store>> open_recovering_store(const StoreSettings& settings, StoreOpening& opening,
                                                                   StoreReplacement replacement);

}  // namespace integrityd
