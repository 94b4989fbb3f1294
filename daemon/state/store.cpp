#include "state/store.hpp"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

#include "core/canonical_json.hpp"
#include "core/digest.hpp"
#include "state/durable_file.hpp"
#include "state/store_sqlite.hpp"

namespace integrityd {

namespace {

std::string raw(const Sha256Digest& digest) {
    return {digest.begin(), digest.end()};
}

Event event_of(const EventDraft& draft) {
    Event event;
    static_cast<EventDraft&>(event) = draft;
    return event;
}

}  // namespace

std::string SqliteStore::head_hash() const {
    return to_hex(head_.hash);
}

Result<std::vector<Event>> SqliteStore::append(const std::vector<EventDraft>& drafts,
                                               const std::vector<LedgerEntry>& entries) {
    if (drafts.empty() && entries.empty() && unsaved_facts_.empty()) return std::vector<Event>();
    Batch batch = chain_up(drafts, entries);
    Result<void> written = write(batch, entries);
    if (!written && is_full(written.error()) && reserve_.give_up()) written = write(batch, entries);
    if (!written) return noted(written.error());
    unsaved_facts_.clear();
    head_ = std::move(batch.head);
    highwater_.write(head_);
    return std::move(batch.events);
}

SqliteStore::Batch SqliteStore::chain_up(const std::vector<EventDraft>& drafts,
                                         const std::vector<LedgerEntry>& entries) const {
    Batch batch;
    batch.head = head_;
    batch.events.reserve(drafts.size());
    batch.lines.reserve(drafts.size());
    Sha256 hash;
    for (const EventDraft& draft : drafts) {
        Event& event = batch.events.emplace_back(event_of(draft));
        event.sequence = ++batch.head.sequence;
        event.stream = batch.head.stream;
        const std::string& line = batch.lines.emplace_back(canonical_json(event));
        hash.update(batch.head.hash);
        hash.update(line);
        batch.head.hash = raw(hash.finish());
        batch.hashes.push_back(batch.head.hash);
        event.hash = to_hex(batch.head.hash);
        if (event.violation) batch.head.next_id = std::max(batch.head.next_id, event.violation->id + 1);
    }
    for (const LedgerEntry& entry : entries)
        batch.head.next_id = std::max(batch.head.next_id, entry.violation.id + 1);
    return batch;
}

Result<void> SqliteStore::write(const Batch& batch, const std::vector<LedgerEntry>& entries) {
    Transaction transaction(database_);
    if (!transaction.begun()) return transaction.begun();
    if (auto done = write_rows(batch, entries); !done) return done;
    for (const std::string& name : unsaved_facts_) {
        if (auto done = write_fact(name, facts_.find(name)->second); !done) return done;
    }
    return transaction.commit();
}

Result<void> SqliteStore::write_rows(const Batch& batch, const std::vector<LedgerEntry>& entries) {
    std::map<std::uint64_t, Row> rows;
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
        const Event& event = batch.events[i];
        if (auto done = write_event(event, batch.lines[i], batch.hashes[i]); !done) return done;
        if (event.violation) rows[event.violation->id] = {&*event.violation, nullptr, event.sequence};
    }
    for (const LedgerEntry& entry : entries) {
        Row& row = rows[entry.violation.id];
        row = {&entry.violation, &entry, row.sequence};
    }
    for (const auto& [id, row] : rows) {
        if (auto done = write_violation(row); !done) return done;
    }
    if (batch.head.next_id == head_.next_id) return {};
    return write_next_id(batch.head.next_id);
}

Result<void> SqliteStore::write_event(const Event& event, const std::string& line, const std::string& hash) {
    // A clock that was not synchronised says nothing about age (prunable_by_age).
    const std::uint64_t time = event.clock == ClockState::synchronised ? event.time : 0;
    return insert_event_.bind(1, event.sequence).bind(2, time).bind(3, line).bind_blob(4, hash).run();
}

Result<void> SqliteStore::write_violation(const Row& row) {
    const Violation& violation = *row.violation;
    if (row.entry != nullptr && row.entry->folded)
        return Statement(database_, "DELETE FROM violations WHERE id=?1").bind(1, violation.id).run();
    const std::string value = canonical_json(violation);
    const std::uint64_t resolved = violation.state == ViolationState::resolved ? 1 : 0;
    upsert_violation_.bind(1, violation.id).bind(2, resolved).bind(3, row.sequence).bind(4, value);
    if (row.entry == nullptr) return upsert_violation_.bind_null(5).bind_null(6).run();
    const std::uint64_t nature = row.entry->nature == Nature::happening ? 1 : 0;
    return upsert_violation_.bind(5, row.entry->evidence_digest).bind(6, nature).run();
}

Result<void> SqliteStore::write_next_id(std::uint64_t next_id) {
    return Statement(database_, "UPDATE chain SET next_id=?1").bind(1, next_id).run();
}

std::optional<std::uint64_t> SqliteStore::mark(std::string_view recipient) {
    const auto found = marks_.find(recipient);
    if (found == marks_.end()) return std::nullopt;
    return found->second;
}

Result<void> SqliteStore::set_marks(const std::vector<std::pair<std::string, std::uint64_t>>& marks) {
    const auto commit = [&]() -> Result<void> {
        Transaction transaction(database_);
        if (!transaction.begun()) return transaction.begun();
        if (auto done = write_marks(marks); !done) return done;
        return transaction.commit();
    };
    // In memory at once: what was handed over was handed over, stored or not.
    for (const auto& [recipient, sequence] : marks)
        marks_[recipient] = sequence;
    (void)database_.execute("PRAGMA synchronous=NORMAL").ok();
    const Result<void> written = commit();
    (void)database_.execute("PRAGMA synchronous=FULL").ok();
    if (!written) return noted(written.error());
    return {};
}

Result<void> SqliteStore::write_marks(const std::vector<std::pair<std::string, std::uint64_t>>& marks) {
    Statement upsert(database_, "INSERT OR REPLACE INTO marks(recipient,sequence) VALUES(?1,?2)");
    for (const auto& [recipient, sequence] : marks) {
        if (auto done = upsert.bind(1, recipient).bind(2, sequence).run(); !done) return done;
    }
    return {};
}

std::optional<std::string> SqliteStore::fact(std::string_view name) {
    const auto found = facts_.find(name);
    if (found == facts_.end()) return std::nullopt;
    return found->second;
}

Result<void> SqliteStore::set_fact(std::string_view name, std::string_view value) {
    Result<void> written = write_fact(name, value);
    if (!written && is_full(written.error()) && reserve_.give_up()) written = write_fact(name, value);
    if (!written) return noted(written.error());
    facts_.insert_or_assign(std::string(name), std::string(value));
    return {};
}

void SqliteStore::remember(std::string_view name, std::string_view value) {
    facts_.insert_or_assign(std::string(name), std::string(value));
    unsaved_facts_.emplace(name);
}

Result<void> SqliteStore::write_fact(std::string_view name, std::string_view value) {
    Statement upsert(database_, "INSERT OR REPLACE INTO facts(name,value) VALUES(?1,?2)");
    return upsert.bind(1, name).bind(2, value).run();
}

Error SqliteStore::noted(Error error) {
    if (error.code == EUCLEAN)
        (void)write_file(settings_.directory + std::string(damage_note_name), error.message).ok();
    return error;
}

}  // namespace integrityd
