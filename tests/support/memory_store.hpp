// MemoryStore: a Store without a disk, that fails when the test says so.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/canonical_json.hpp"
#include "core/digest.hpp"
#include "state/store.hpp"

namespace integrityd::test {

class MemoryStore final : public Store {
public:
    [[nodiscard]] const std::string& stream() const override { return stream_; }
    [[nodiscard]] std::uint64_t last_sequence() const override {
        return events_.empty() ? pruned_ : events_.back().sequence;
    }
    [[nodiscard]] std::uint64_t next_id() const override { return 1; }
    [[nodiscard]] std::string head_hash() const override {
        return events_.empty() ? std::string(64, '0') : events_.back().hash;
    }

    Result<std::vector<Event>> append(const std::vector<EventDraft>& drafts,
                                      const std::vector<LedgerEntry>& entries) override {
        ++attempts_;
        if (failure_) return *failure_;
        ++commits_;
        std::vector<Event> stored;
        for (const EventDraft& draft : drafts) {
            Event event;
            static_cast<EventDraft&>(event) = draft;
            event.sequence = last_sequence() + 1;
            event.stream = stream_;
            event.hash = sha256_hex(head_hash() + canonical_json(event));
            events_.push_back(event);
            stored.push_back(event);
        }
        saved_entries_.insert(saved_entries_.end(), entries.begin(), entries.end());
        return stored;
    }
    Result<std::vector<LedgerEntry>> load_entries() override { return loaded_; }
    Result<std::vector<Violation>> violations(std::uint64_t /*after_id*/, std::size_t /*limit*/,
                                              const ViolationFilter& /*filter*/) override {
        return std::vector<Violation>();
    }
    Result<std::optional<Violation>> violation(std::uint64_t id) override {
        for (auto entry = saved_entries_.rbegin(); entry != saved_entries_.rend(); ++entry) {
            if (entry->violation.id != id) continue;
            return entry->folded ? std::nullopt : std::optional(entry->violation);
        }
        return std::optional<Violation>();
    }
    Result<EventPage> events(std::uint64_t after, std::size_t limit) override {
        if (failure_) return *failure_;
        EventPage page;
        page.pruned = after < pruned_ ? pruned_ - after : 0;
        for (const Event& event : events_) {
            if (event.sequence > after && page.events.size() < limit) page.events.push_back(event);
        }
        return page;
    }
    Result<std::vector<std::string>> canonical_lines(std::uint64_t /*after*/, std::size_t /*limit*/) override {
        return std::vector<std::string>();
    }
    Result<bool> verify_step(ChainCheck& /*check*/, std::uint64_t& /*position*/, std::string& /*hash*/,
                             std::size_t /*limit*/) override {
        return true;
    }
    std::optional<std::uint64_t> mark(std::string_view recipient) override {
        const auto found = marks_.find(std::string(recipient));
        return found == marks_.end() ? std::nullopt : std::optional(found->second);
    }
    Result<void> set_marks(const std::vector<std::pair<std::string, std::uint64_t>>& marks) override {
        if (failure_) return *failure_;
        for (const auto& [name, mark] : marks)
            marks_[name] = mark;
        return {};
    }
    std::optional<std::string> fact(std::string_view name) override {
        const auto found = facts_.find(std::string(name));
        return found == facts_.end() ? std::nullopt : std::optional(found->second);
    }
    Result<void> set_fact(std::string_view name, std::string_view value) override {
        if (failure_) return *failure_;
        facts_[std::string(name)] = value;
        return {};
    }
    void remember(std::string_view name, std::string_view value) override { facts_[std::string(name)] = value; }
    Result<std::uint64_t> prune(WallTime /*now*/) override { return std::uint64_t{0}; }
    bool crowded() override { return false; }
    void set_limits(std::uint64_t /*max_size*/, std::uint64_t /*keep*/) override {}

    // Forgets the oldest events up to this sequence.
    void prune_to(std::uint64_t sequence) {
        pruned_ = sequence;
        std::erase_if(events_, [&](const Event& event) { return event.sequence <= sequence; });
    }

    std::string stream_ = "00000000-0000-4000-8000-000000000000";
    std::vector<Event> events_;
    std::vector<LedgerEntry> saved_entries_;
    std::vector<LedgerEntry> loaded_;
    std::map<std::string, std::uint64_t> marks_;
    std::map<std::string, std::string> facts_;
    std::optional<Error> failure_;
    std::uint64_t pruned_ = 0;
    unsigned attempts_ = 0;  // to append
    unsigned commits_ = 0;   // those that succeeded
};

}  // namespace integrityd::test
