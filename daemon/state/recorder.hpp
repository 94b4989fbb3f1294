// Recorder: what was decided and is not on the disk yet.
//
// Takes drafts with the ledger's side of them, commits them as one batch, and hands the stored
// events on. While the store refuses, drafts wait in memory up to a limit. Knows no time: the
// daemon says when to flush, and when to try again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/values.hpp"
#include "state/ledger.hpp"
#include "state/store.hpp"

namespace integrityd {

// About eight thousand ordinary events: many hours of a full disk, and no danger to a device's memory.
constexpr std::size_t max_pending_bytes = 8U << 20;

class Recorder {
public:
    struct Callbacks {
        // These events are on the disk, in this order: they may be told now.
        std::function<void(std::span<const Event>)> stored;
        // At each flush that failed. May add drafts.
        std::function<void(const Error&)> unwritable;
        // The first flush that succeeded after one that failed; how many drafts had to be dropped
        // meanwhile. May add drafts. Called before `stored`.
        std::function<void(std::uint64_t dropped)> writable;
    };

    Recorder(Store& store, Callbacks callbacks, std::size_t limit = max_pending_bytes)
        : store_(&store), callbacks_(std::move(callbacks)), limit_(limit) {}

    // `entry`: the ledger's entry of the draft's violation as it is now; null when it is resolved
    // or there is none. Within one flush drafts keep their order.
    //
    // Beyond the limit a draft is dropped and counted, the newest first: how an incident began must
    // not be washed out by what follows (a full disk and a flood can be one attack). The violation's
    // last state is kept nevertheless, and stored.
    void add(EventDraft draft, const LedgerEntry* entry = nullptr);
    // Repeats: entries whose count and last_seen are ahead of the store, without an event.
    void add_repeats(const std::vector<LedgerEntry>& entries);
    // A fact that is stored with the next batch that succeeds, never before what was added until now.
    void keep(std::string_view name, std::string_view value);
    // What was kept last, stored or not.
    [[nodiscard]] std::optional<std::string> kept(std::string_view name) const;

    // Commits everything that is pending as one batch. True: nothing is pending any more.
    bool flush();

    // A store that was set aside is followed by another one; what is pending goes there.
    void replace_store(Store& store) { store_ = &store; }

    [[nodiscard]] bool writable() const { return writable_; }
    [[nodiscard]] std::size_t pending() const { return drafts_.size(); }
    // Violations whose first event is pending.
    [[nodiscard]] std::set<std::uint64_t> raised() const;
    // Drafts dropped since the store last took a batch.
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

private:
    void remember(const LedgerEntry& entry);

    Store* store_;
    Callbacks callbacks_;
    std::size_t limit_;
    std::vector<EventDraft> drafts_;
    std::size_t pending_bytes_ = 0;
    // The last state of each violation that is to be stored.
    std::map<std::uint64_t, LedgerEntry> entries_;
    std::map<std::string, std::string, std::less<>> kept_;
    std::uint64_t dropped_ = 0;
    bool writable_ = true;
};

}  // namespace integrityd
