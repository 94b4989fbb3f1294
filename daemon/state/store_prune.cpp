// Pruning: the chain loses its oldest events, never one out of its middle; what nobody acknowledged
// is never pruned here (Ledger::fold).
#include <algorithm>

#include "state/store_sqlite.hpp"

namespace integrityd {

namespace {

// Events a step: some milliseconds on slow flash, so that the loop goes on between two steps.
constexpr std::uint64_t step = 500;
// Never the last ones: what a client that was away for a moment asks for, and what is left where a clock that lied was
// believed.
constexpr std::uint64_t always_kept = 256;

}  // namespace

// Up to the last event of the step that is known to be too old. An event whose clock was not synchronised
// goes with the next one that knows its time.
Result<std::uint64_t> SqliteStore::prunable_by_age(WallTime now) {
    if (settings_.keep == 0 || now < settings_.keep || head_.sequence <= always_kept) return std::uint64_t{0};
    Statement oldest(database_,
                     "SELECT max(sequence) FROM"
                     " (SELECT sequence,time FROM events WHERE sequence>?4 ORDER BY sequence LIMIT ?1)"
                     " WHERE time>0 AND time<?2 AND sequence<=?3");
    oldest.bind(1, step).bind(2, now - settings_.keep).bind(3, head_.sequence - always_kept).bind(4, base_.sequence);
    const Result<bool> row = oldest.step();
    if (!row) return row.error();
    return *row ? oldest.number(0) : 0;
}

Result<std::uint64_t> SqliteStore::used_bytes() {
    Statement size(database_,
                   "SELECT (page_count-freelist_count)*page_size"
                   " FROM pragma_page_count,pragma_freelist_count,pragma_page_size");
    const Result<bool> row = size.step();
    if (!row) return row.error();
    return size.number(0);
}

// Up to the last event of the step that is there: where somebody took events away, the store must not grow for good.
Result<std::uint64_t> SqliteStore::prunable_by_size() {
    const auto used = used_bytes();
    if (!used) return used.error();
    if (*used <= settings_.max_size || head_.sequence <= always_kept) return std::uint64_t{0};
    Statement oldest(database_,
                     "SELECT max(sequence) FROM"
                     " (SELECT sequence FROM events WHERE sequence>?3 ORDER BY sequence LIMIT ?1) WHERE sequence<=?2");
    oldest.bind(1, step).bind(2, head_.sequence - always_kept).bind(3, base_.sequence);
    const Result<bool> row = oldest.step();
    if (!row) return row.error();
    return *row ? oldest.number(0) : 0;
}

Result<std::uint64_t> SqliteStore::prune(WallTime now) {
    reserve_.take();
    const auto by_age = prunable_by_age(now);
    if (!by_age) return noted(by_age.error());
    const auto by_size = prunable_by_size();
    if (!by_size) return noted(by_size.error());
    const std::uint64_t up_to = std::max(*by_age, *by_size);
    if (up_to <= base_.sequence) return std::uint64_t{0};
    const std::uint64_t before = base_.sequence;
    if (auto done = prune_up_to(up_to); !done) return noted(done.error());
    return base_.sequence - before;
}

Result<void> SqliteStore::prune_up_to(std::uint64_t sequence) {
    Statement last(database_, "SELECT hash FROM events WHERE sequence=?1");
    const Result<bool> row = last.bind(1, sequence).step();
    if (!row) return row.error();
    // The chain that is left begins with it.
    if (!*row || last.bytes(0).size() != 32)
        return Error{"store: event " + std::to_string(sequence) + " has no hash", damaged_code};
    const std::string hash(last.bytes(0));
    last = Statement();

    Transaction transaction(database_);
    if (!transaction.begun()) return transaction.begun();
    Statement events(database_, "DELETE FROM events WHERE sequence<=?1");
    if (auto done = events.bind(1, sequence).run(); !done) return done;
    // A resolved violation goes with its last event.
    Statement settled(database_, "DELETE FROM violations WHERE resolved=1 AND sequence<=?1");
    if (auto done = settled.bind(1, sequence).run(); !done) return done;
    Statement chain(database_, "UPDATE chain SET base_sequence=?1, base_hash=?2");
    if (auto done = chain.bind(1, sequence).bind_blob(2, hash).run(); !done) return done;
    if (auto done = transaction.commit(); !done) return done;
    base_.sequence = sequence;
    base_.hash = hash;
    return database_.execute("PRAGMA incremental_vacuum");
}

bool SqliteStore::crowded() {
    const auto used = used_bytes();
    const auto prunable = prunable_by_size();
    return used && prunable && *used > settings_.max_size && *prunable == 0;
}

void SqliteStore::set_limits(std::uint64_t max_size, std::uint64_t keep) {
    settings_.max_size = max_size;
    settings_.keep = keep;
}

}  // namespace integrityd
