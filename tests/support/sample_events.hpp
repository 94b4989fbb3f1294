// Drafts and entries as they occur, for tests and figures of what stores them.
#pragma once

#include <string>

#include "core/values.hpp"
#include "state/ledger.hpp"

namespace integrityd::test {

inline Violation sample_violation(std::uint64_t id, ViolationState state = ViolationState::open) {
    const std::string path = "/usr/lib/x86_64-linux-gnu/library-" + std::to_string(id) + ".so.1";
    return {.id = id,
            .kind = "aide.entry.changed",
            .source = "aide",
            .severity = Severity::high,
            .subject = path,
            .summary = "changed: size, sha256",
            .state = state,
            .first_seen = 1'800'000'000'000'000,
            .last_seen = 1'800'000'000'000'000,
            .count = 1,
            .details = {{"path", Bytes{path}},
                        {"attributes", ValueList{"size", "sha256"}},
                        {"old", ValueMap{{"size", 1000}, {"sha256", std::string(64, 'a')}}},
                        {"new", ValueMap{{"size", 1001}, {"sha256", std::string(64, 'b')}}}},
            .requirements = {"CR 3.4", "CR 3.4 RE(2)"}};
}

inline EventDraft sample_draft(std::uint64_t id, EventType type = EventType::raised) {
    EventDraft draft;
    draft.time = 1'800'000'000'000'000 + id;
    draft.boottime = id;
    draft.boot_id = "11111111-2222-3333-4444-555555555555";
    draft.clock = ClockState::synchronised;
    draft.type = type;
    const bool resolved = type == EventType::resolved;
    draft.violation = sample_violation(id, resolved ? ViolationState::resolved : ViolationState::open);
    return draft;
}

inline LedgerEntry sample_entry(std::uint64_t id) {
    LedgerEntry entry;
    entry.violation = sample_violation(id);
    entry.evidence_digest = std::string(64, 'e');
    return entry;
}

}  // namespace integrityd::test
