// What the store reads: violations, events, and the chain's own check.
#include <cerrno>

#include "core/canonical_json.hpp"
#include "core/digest.hpp"
#include "state/store_sqlite.hpp"

namespace integrityd {

namespace {

// A page of events is about as much as a reply on the bus may hold.
constexpr std::size_t page_size = 1U << 20;

// The first by an index that holds nothing else.
constexpr const char* unresolved_after = "SELECT id,value FROM violations WHERE resolved=0 AND id>?1 ORDER BY id";
constexpr const char* any_after = "SELECT id,value FROM violations WHERE id>?1 ORDER BY id";

Error unreadable(std::string_view what, std::uint64_t number, const std::string& reason) {
    return {"store: " + std::string(what) + " " + std::to_string(number) + " is not as it was written: " + reason,
            damaged_code};
}

Result<Violation> violation_of(const Statement& row) {
    const Result<Value> value = read_json(row.bytes(1));
    if (!value) return unreadable("violation", row.number(0), value.error().message);
    const auto* map = value->get<ValueMap>();
    if (map == nullptr) return unreadable("violation", row.number(0), "no object");
    Result<Violation> violation = read_violation(*map);
    if (!violation) return unreadable("violation", row.number(0), violation.error().message);
    return violation;
}

}  // namespace

Result<std::vector<LedgerEntry>> SqliteStore::load_entries() {
    std::vector<LedgerEntry> entries;
    Statement rows(database_, "SELECT id,value,evidence,nature FROM violations WHERE resolved=0 ORDER BY id");
    while (true) {
        const Result<bool> row = rows.step();
        if (!row) return noted(row.error());
        if (!*row) return entries;
        Result<Violation> violation = violation_of(rows);
        if (!violation) return noted(violation.error());
        LedgerEntry& entry = entries.emplace_back();
        entry.violation = std::move(*violation);
        entry.evidence_digest = rows.bytes(2);
        entry.nature = rows.number(3) == 1 ? Nature::happening : Nature::condition;
    }
}

Result<std::vector<Violation>> SqliteStore::violations(std::uint64_t after_id, std::size_t limit,
                                                       const ViolationFilter& filter) {
    const ViolationSieve sieve(filter);
    std::vector<Violation> found;
    Statement rows(database_, filter.state.empty() ? unresolved_after : any_after);
    rows.bind(1, after_id);
    for (std::size_t size = 0; size < page_size && found.size() < limit;) {
        const Result<bool> row = rows.step();
        if (!row) return noted(row.error());
        if (!*row) break;
        const std::size_t stored = rows.bytes(1).size();
        if (!sieve.passes(rows.bytes(1))) continue;
        Result<Violation> violation = violation_of(rows);
        if (!violation) return noted(violation.error());
        if (!matches(filter, *violation)) continue;
        size += stored;
        found.push_back(std::move(*violation));
    }
    return found;
}

Result<std::optional<Violation>> SqliteStore::violation(std::uint64_t id) {
    Statement rows(database_, "SELECT id,value FROM violations WHERE id=?1");
    const Result<bool> row = rows.bind(1, id).step();
    if (!row) return noted(row.error());
    if (!*row) return std::optional<Violation>();
    Result<Violation> violation = violation_of(rows);
    if (!violation) return noted(violation.error());
    return std::optional(std::move(*violation));
}

Result<EventPage> SqliteStore::events(std::uint64_t after, std::size_t limit) {
    EventPage page;
    page.pruned = base_.sequence > after ? base_.sequence - after : 0;
    Statement rows(database_,
                   "SELECT sequence,canonical,hash FROM events WHERE sequence>?1 ORDER BY sequence LIMIT ?2");
    rows.bind(1, after).bind(2, std::uint64_t{limit});
    for (std::size_t size = 0; size < page_size;) {
        const Result<bool> row = rows.step();
        if (!row) return noted(row.error());
        if (!*row) break;
        const std::string_view line = rows.bytes(1);
        size += line.size();
        if (size >= page_size && !page.events.empty()) break;
        Result<Event> event = read_event(line);
        if (!event) return noted(unreadable("event", rows.number(0), event.error().message));
        event->hash = to_hex(rows.bytes(2));
        page.events.push_back(std::move(*event));
    }
    return page;
}

Result<std::vector<std::string>> SqliteStore::canonical_lines(std::uint64_t after, std::size_t limit) {
    std::vector<std::string> lines;
    if (base_.sequence > after) lines.push_back("# " + to_hex(base_.hash));
    Statement rows(database_, "SELECT canonical FROM events WHERE sequence>?1 ORDER BY sequence LIMIT ?2");
    rows.bind(1, after).bind(2, std::uint64_t{limit});
    for (std::size_t size = 0; size < page_size;) {
        const Result<bool> row = rows.step();
        if (!row) return noted(row.error());
        if (!*row) break;
        size += rows.bytes(0).size();
        if (size >= page_size && !lines.empty()) break;
        lines.emplace_back(rows.bytes(0));
    }
    return lines;
}

std::string SqliteStore::fault_of(Statement& row, std::uint64_t expected, std::string& hash) const {
    const std::uint64_t sequence = row.number(0);
    const std::string which = "event " + std::to_string(expected);
    if (sequence != expected) return which + " is missing";
    Sha256 digest;
    digest.update(hash);
    digest.update(row.bytes(1));
    const Sha256Digest computed = digest.finish();
    hash.assign(computed.begin(), computed.end());
    if (hash != row.bytes(2)) return which + " is not what its hash says";
    // The hash is right; the event must also be of this place.
    const Result<Event> event = read_event(row.bytes(1));
    if (!event || event->sequence != sequence || event->stream != head_.stream) return which + " belongs elsewhere";
    return {};
}

Result<bool> SqliteStore::verify_step(ChainCheck& check, std::uint64_t& position, std::string& hash,
                                      std::size_t limit) {
    // At the beginning, or overtaken by pruning.
    if (position < base_.sequence || hash.empty()) {
        position = base_.sequence;
        hash = base_.hash;
    }
    check.intact = false;
    Statement rows(database_,
                   "SELECT sequence,canonical,hash FROM events WHERE sequence>?1 ORDER BY sequence LIMIT ?2");
    rows.bind(1, position).bind(2, std::uint64_t{limit});
    std::size_t read = 0;
    for (; read < limit; ++read) {
        const Result<bool> row = rows.step();
        if (!row) return noted(row.error());
        if (!*row) break;
        check.detail = fault_of(rows, position + 1, hash);
        if (!check.detail.empty()) return true;
        ++position;
        ++check.checked;
    }
    if (read == limit && position != head_.sequence) return false;
    check.intact = position == head_.sequence && hash == head_.hash;
    check.detail =
        check.intact ? head_hash() : "the chain ends at " + std::to_string(position) + " and not as it was left";
    return true;
}

}  // namespace integrityd
