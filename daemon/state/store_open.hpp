// Opening a store where a new one may have to take the place of a damaged one.
//
// The new one is made under another name and takes the place only when it is finished: a disk that is full, or a power
// cut, leaves either the one or the other, and never half of one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/values.hpp"
#include "state/ledger.hpp"
#include "state/store.hpp"
#include "state/store_files.hpp"

namespace integrityd {

// What a new chain begins with: stored in the transaction that makes it.
struct StoreBeginning {
    std::vector<EventDraft> drafts;
    std::vector<LedgerEntry> entries;
    std::vector<std::pair<std::string, std::string>> facts;
    std::vector<std::pair<std::string, std::uint64_t>> marks;
};

// What is known of a store that was in use, besides what stands on the disk.
struct StoreMemory {
    std::string damage;  // why a new one must take its place; emptied as soon as one has
    ChainHead head;
    // Asked at each try to make a new one; may not call the store.
    std::function<StoreBeginning(const StoreOpening&)> begin;
};

[[nodiscard]] Result<std::unique_ptr<Store>> open_store(const StoreSettings& settings, StoreOpening& opening,
                                                        StoreMemory& memory);

}  // namespace integrityd
