// Store: the events, append-only and hash-chained, and the violations that follow from them.
//
// One SQLite file (WAL, synchronous=FULL). A batch is one transaction: when append() returns, its
// events are on the disk, and only then may anybody be told of them. All calls are made from the
// loop's thread; commits of a batch are the one wait that it takes upon itself (ARCHITECTURE.md).
//
// Error.code EUCLEAN from any call: the database is damaged. That is noted beside it: destroy the
// store and open it again, and a new one takes its place (store_open.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/values.hpp"
#include "state/ledger.hpp"
#include "state/violation_filter.hpp"

namespace integrityd {

struct StoreSettings {
    std::string directory;               // state_dir
    std::uint64_t max_size = 32U << 20;  // bytes of events and violations before pruning
    std::uint64_t keep = 0;              // µs; events older than this are pruned but for the last 256; 0: for good
};

// What was found when the store was opened.
struct StoreOpening {
    std::string damage;     // what was wrong, one line; empty: nothing was damaged, or that has been told
    std::string set_aside;  // the name of the damaged file now, or of its log alone; empty: there was neither any more
    std::uint64_t old_sequence = 0;  // head of the damaged chain as far as known
    std::string old_stream;
    std::string old_hash;
};

// The fact that holds a StoreOpening from the moment at which a damaged store was replaced. Who tells of it remember()s
// an empty one with the event that tells it; until then each opening finds it again.
constexpr std::string_view replaced_fact = "store.replaced";

struct EventPage {
    std::vector<Event> events;
    std::uint64_t pruned = 0;  // how many after `after` were pruned
};

struct ChainCheck {
    bool intact = false;
    std::uint64_t checked = 0;
    std::string detail;  // what is wrong and where; or the head's hash
};

class Store {
public:
    virtual ~Store() = default;

    [[nodiscard]] virtual const std::string& stream() const = 0;
    [[nodiscard]] virtual std::uint64_t last_sequence() const = 0;
    [[nodiscard]] virtual std::uint64_t next_id() const = 0;
    [[nodiscard]] virtual std::string head_hash() const = 0;

    // Gives the drafts their sequence and hash, stores them with the violations they carry (and
    // `entries`: the ledger's side of them, and repeats), synced. On error nothing was stored and
    // the drafts are still the caller's; ENOSPC/EROFS/EIO and the like are in Error.code.
    [[nodiscard]] virtual Result<std::vector<Event>> append(const std::vector<EventDraft>& drafts,
                                                            const std::vector<LedgerEntry>& entries) = 0;

    // Everything not resolved, for Ledger::restore().
    [[nodiscard]] virtual Result<std::vector<LedgerEntry>> load_entries() = 0;
    // Violations that match, with id > after_id, by id, at most `limit` and at most about 1 MiB; none: there are no
    // more.
    [[nodiscard]] virtual Result<std::vector<Violation>> violations(std::uint64_t after_id, std::size_t limit,
                                                                    const ViolationFilter& filter) = 0;
    [[nodiscard]] virtual Result<std::optional<Violation>> violation(std::uint64_t id) = 0;

    // Events with sequence > after, at most `limit` and at most about 1 MiB.
    [[nodiscard]] virtual Result<EventPage> events(std::uint64_t after, std::size_t limit) = 0;
    // Their canonical lines; where events were pruned, first a line `# HASH`: the hash before the oldest.
    [[nodiscard]] virtual Result<std::vector<std::string>> canonical_lines(std::uint64_t after, std::size_t limit) = 0;

    // Recomputes the chain from the oldest event that is kept. Reads `limit` events a call, so that
    // a long chain can be checked in steps: `check` carries on where it was. Begins with position 0
    // and an empty hash; true: the check is over and `check` holds the answer.
    [[nodiscard]] virtual Result<bool> verify_step(ChainCheck& check, std::uint64_t& position, std::string& hash,
                                                   std::size_t limit) = 0;

    // How far each recipient was served. Written without a sync: after a power cut a recipient may
    // get an event a second time, never miss one.
    [[nodiscard]] virtual std::optional<std::uint64_t> mark(std::string_view recipient) = 0;
    virtual Result<void> set_marks(const std::vector<std::pair<std::string, std::uint64_t>>& marks) = 0;

    // Small facts with a name (digests of baselines, the accepted configuration): synced.
    [[nodiscard]] virtual std::optional<std::string> fact(std::string_view name) = 0;
    virtual Result<void> set_fact(std::string_view name, std::string_view value) = 0;
    // The same, stored with the next append() and in its transaction: what follows from a batch and must not get ahead
    // of it (how far a log was read). fact() knows it at once.
    virtual void remember(std::string_view name, std::string_view value) = 0;

    // Prunes by size and age; at most one bounded step a call. Returns how many events went; call
    // again while that is not 0. `now` (AgeClock) 0: the clock is not to be trusted, prune by size alone.
    // Resolved violations go with their last event, what is not resolved stays.
    virtual Result<std::uint64_t> prune(WallTime now) = 0;
    // Whether max_size is exceeded although nothing is left to prune: by what is not resolved. The
    // daemon then folds (Ledger::fold).
    [[nodiscard]] virtual bool crowded() = 0;
    // What StoreSettings says of them, anew: from the next pruning on.
    virtual void set_limits(std::uint64_t max_size, std::uint64_t keep) = 0;
};

// Opens or creates the store in settings.directory. A file that cannot be read as a store of ours is
// set aside (never deleted) and a new stream begins above the highest sequence and id known. So is one that is known to
// be damaged already, by the note beside it. While no new one can be made (a full disk) all stays as it is.
[[nodiscard]] Result<std::unique_ptr<Store>> open_store(const StoreSettings& settings, StoreOpening& opening);

}  // namespace integrityd
