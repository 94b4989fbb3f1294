#include "state/recorder.hpp"

#include <utility>

namespace integrityd {

namespace {

// About what a value takes in memory; exact enough for a limit, and cheaper than writing it.
std::size_t weight(const Value& value) {
    constexpr std::size_t node = 96;
    std::size_t total = node;
    if (const auto* text = value.get<std::string>()) total += text->size();
    if (const auto* bytes = value.get<Bytes>()) total += bytes->data.size();
    if (const auto* list = value.get<ValueList>()) {
        for (const Value& element : *list)
            total += weight(element);
    }
    if (const auto* map = value.get<ValueMap>()) {
        for (const auto& [name, element] : *map)
            total += name.size() + weight(element);
    }
    return total;
}

std::size_t weight(const EventDraft& draft) {
    std::size_t total = sizeof draft + weight(Value(draft.data));
    if (!draft.violation) return total;
    const Violation& violation = *draft.violation;
    total += violation.subject.size() + violation.summary.size() + weight(Value(violation.details));
    return total;
}

}  // namespace

void Recorder::add(EventDraft draft, const LedgerEntry* entry) {
    if (entry != nullptr) {
        remember(*entry);
    } else if (draft.violation) {
        LedgerEntry resolved;
        resolved.violation = *draft.violation;
        remember(resolved);
    }
    const std::size_t size = weight(draft);
    if (pending_bytes_ + size > limit_ && !writable_) {
        ++dropped_;
        return;
    }
    pending_bytes_ += size;
    drafts_.push_back(std::move(draft));
}

void Recorder::add_repeats(const std::vector<LedgerEntry>& entries) {
    for (const LedgerEntry& entry : entries)
        remember(entry);
}

// What nobody stored yet and is over already need not be kept when room is short: bounded by what
// the ledger holds, twice.
void Recorder::remember(const LedgerEntry& entry) {
    const std::uint64_t id = entry.violation.id;
    const bool resolved = entry.violation.state == ViolationState::resolved;
    if (resolved && entries_.size() >= 2 * max_ledger_entries && !entries_.contains(id)) return;
    entries_.insert_or_assign(id, entry);
}

void Recorder::keep(std::string_view name, std::string_view value) {
    kept_.insert_or_assign(std::string(name), std::string(value));
}

std::optional<std::string> Recorder::kept(std::string_view name) const {
    const auto waiting = kept_.find(name);
    return waiting != kept_.end() ? std::optional(waiting->second) : store_->fact(name);
}

std::set<std::uint64_t> Recorder::raised() const {
    std::set<std::uint64_t> ids;
    for (const EventDraft& draft : drafts_) {
        if (draft.type == EventType::raised && draft.violation) ids.insert(draft.violation->id);
    }
    return ids;
}

bool Recorder::flush() {
    if (drafts_.empty() && entries_.empty() && kept_.empty()) return true;
    for (const auto& [name, value] : kept_)
        store_->remember(name, value);
    std::vector<LedgerEntry> entries;
    entries.reserve(entries_.size());
    for (const auto& [id, entry] : entries_)
        entries.push_back(entry);
    const Result<std::vector<Event>> stored = store_->append(drafts_, entries);
    if (!stored) {
        writable_ = false;
        callbacks_.unwritable(stored.error());
        return false;
    }
    // What the callbacks add belongs to the next flush.
    drafts_.clear();
    entries_.clear();
    kept_.clear();
    pending_bytes_ = 0;
    const std::uint64_t dropped = std::exchange(dropped_, 0);
    if (!std::exchange(writable_, true)) callbacks_.writable(dropped);
    if (!stored->empty()) callbacks_.stored(*stored);
    return drafts_.empty();
}

}  // namespace integrityd
