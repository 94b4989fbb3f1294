// Ledger: what is known to be wrong. Turns what watchers saw into changes of violations.
//
// Pure: no I/O, no clock of its own; the same calls give the same changes (golden tests). Decides
// identity, repeats, severity by the configuration's rules, return and resolution (contract 3).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "core/result.hpp"
#include "core/values.hpp"

namespace integrityd {

// A violation with what only the ledger needs to know of it.
struct LedgerEntry {
    Violation violation;
    std::string evidence_digest;  // hex; of the evidence as last seen
    bool unsaved_repeat = false;  // count and last_seen are ahead of the store
};

struct Change {
    EventType type;
    Violation violation;  // as it is after the change
};

class Ledger {
public:
    // `next_id`: above every id ever given out.
    explicit Ledger(std::uint64_t next_id = 1) : next_id_(next_id) {}

    // Rules apply to what is seen from now on; already known violations get theirs when next seen.
    void set_rules(std::vector<SeverityRule> rules) { rules_ = std::move(rules); }

    // Takes over what the store holds (everything that is not resolved).
    void restore(std::vector<LedgerEntry> entries);

    // One observation on its own: raised, changed, or a quiet repeat.
    [[nodiscard]] std::vector<Change> apply(const Observation& seen, WallTime now);

    // A look: its observations, and when it is complete what is gone from its scope.
    [[nodiscard]] std::vector<Change> apply(const Look& look, WallTime now);

    // All or none: an unknown id (ENOENT) changes nothing. Acknowledging twice is no change. The
    // acknowledgement (`by`, `time`, `comment`) becomes part of the details.
    [[nodiscard]] Result<std::vector<Change>> acknowledge(const std::vector<std::uint64_t>& ids, const Requester& by,
                                                          std::string_view comment, WallTime now);

    // Everything that is not resolved, by id.
    [[nodiscard]] const std::map<std::uint64_t, LedgerEntry>& entries() const { return entries_; }
    [[nodiscard]] const Violation* find(std::uint64_t id) const;
    [[nodiscard]] std::uint64_t next_id() const { return next_id_; }

    // Entries whose repeats are not stored yet; forgets that they are not.
    [[nodiscard]] std::vector<LedgerEntry> take_unsaved_repeats();

private:
    std::uint64_t next_id_;
    std::vector<SeverityRule> rules_;
    std::map<std::uint64_t, LedgerEntry> entries_;
    // (kind, subject) → id of the entry that a new observation belongs to.
    std::map<std::pair<std::string, std::string>, std::uint64_t, std::less<>> current_;
};

}  // namespace integrityd
