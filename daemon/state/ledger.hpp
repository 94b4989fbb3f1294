// Ledger: what is known to be wrong. Turns what watchers saw into changes of violations.
//
// Pure: no I/O, no clock of its own; the same calls give the same changes (golden tests). Decides
// identity, repeats, severity by the configuration's rules, return and resolution (contract 3).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
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
    // Kept with the entry, because a kind may be unknown to the version that reads it back.
    Nature nature = Nature::condition;
    bool folded = false;  // another violation stands for it now: the store forgets it
};

// Violations that are not resolved. Twenty full lists of AIDE's default max_entries; at about 2 KiB
// each 40 MB at worst. What does not fit is counted (Ledger::take_refused), and told by the daemon.
constexpr std::size_t max_ledger_entries = 20'000;

// Observations that found no room in the ledger.
struct Refused {
    std::uint64_t count = 0;
    Severity gravest = Severity::record;  // what stands for them must not weigh less
};

struct Change {
    EventType type;
    Violation violation;                        // as it is after the change
    std::optional<Severity> old_severity = {};  // of `changed`, where the change weighs it anew
};

// What became one violation for want of room.
struct Folding {
    std::vector<Change> changes;         // of the violation that stands for them
    std::vector<LedgerEntry> forgotten;  // marked `folded`: the store forgets them in the same batch
};

class Ledger {
public:
    // `next_id`: above every id ever given out.
    explicit Ledger(std::uint64_t next_id = 1, std::size_t max_entries = max_ledger_entries)
        : next_id_(next_id), max_entries_(max_entries) {}

    // Rules apply to what is seen from now on; already known violations get theirs when next seen.
    void set_rules(std::vector<SeverityRule> rules) { rules_ = std::move(rules); }

    // Takes over what the store holds (everything that is not resolved).
    void restore(std::vector<LedgerEntry> entries);

    // One observation on its own: raised, changed, or a quiet repeat.
    [[nodiscard]] std::vector<Change> apply(const Observation& seen, WallTime now);

    // A look: its observations, and when it is complete what is gone from its scope. Of several
    // observations of the same (kind, subject) in one look the first counts.
    [[nodiscard]] std::vector<Change> apply(const Look& look, WallTime now);

    // All or none: an id that was never given out (ENOENT) changes nothing. Acknowledging twice, or
    // what is resolved, is no change. The acknowledgement (`by`, `time`, `comment`: escaped, at most
    // 1 KiB) becomes part of the details.
    [[nodiscard]] Result<std::vector<Change>> acknowledge(const std::vector<std::uint64_t>& ids, const Requester& by,
                                                          std::string_view comment, WallTime now);

    // Folds the oldest `at_most` violations that are over and not acknowledged (returned ones and
    // happenings) into one of the kind `into`, subject "folded", whose details hold the exact number,
    // in all and by kind. For a store that is full of what nobody acknowledges. Those that `spared` names are left.
    [[nodiscard]] Folding fold(const Kind& into, std::size_t at_most, WallTime now,
                               const std::function<bool(const Violation&)>& spared = {});

    // Everything that is not resolved, by id.
    [[nodiscard]] const std::map<std::uint64_t, LedgerEntry>& entries() const { return entries_; }
    [[nodiscard]] const Violation* find(std::uint64_t id) const;
    // The one that a new observation belongs to; null: none is present.
    [[nodiscard]] const Violation* present(const Kind& kind, std::string_view subject) const;
    // Null: there is none, or it is resolved.
    [[nodiscard]] const LedgerEntry* entry(std::uint64_t id) const;
    [[nodiscard]] std::uint64_t next_id() const { return next_id_; }

    [[nodiscard]] bool has_unsaved_repeats() const { return !unsaved_.empty(); }
    // Entries whose repeats are not stored yet; forgets that they are not.
    [[nodiscard]] std::vector<LedgerEntry> take_unsaved_repeats();

    // What found no room (max_ledger_entries) since the last call. Observations of source `self` are
    // always taken: they are few, and one of them tells this number.
    [[nodiscard]] Refused take_refused();

private:
    // The entry that an observation belonged to; null: it found no room.
    LedgerEntry* see(const Observation& seen, WallTime now, std::vector<Change>& changes);
    LedgerEntry* raise(const Observation& seen, std::string digest, WallTime now, std::vector<Change>& changes);
    void repeat(LedgerEntry& entry, const Observation& seen, std::string digest, WallTime now,
                std::vector<Change>& changes);
    void take_back(const Look& look, const std::set<std::uint64_t>& seen, std::vector<Change>& changes);
    // Ends the entry's being present: `returned`, or `resolved` and then forgotten.
    void end(std::uint64_t id, ViolationState state, std::vector<Change>& changes);
    [[nodiscard]] Severity severity_of(const Observation& seen, WallTime now) const;

    std::uint64_t next_id_;
    std::size_t max_entries_;
    Refused refused_;
    std::vector<SeverityRule> rules_;
    std::map<std::uint64_t, LedgerEntry> entries_;
    std::set<std::uint64_t> unsaved_;  // whose count and last_seen are ahead of the store
    // (kind, subject) → id of the entry that a new observation belongs to.
    std::map<std::pair<std::string, std::string>, std::uint64_t, std::less<>> current_;
};

}  // namespace integrityd
