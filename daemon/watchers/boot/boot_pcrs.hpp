// The TPM's PCRs against the log, and against themselves while the system runs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/values.hpp"
#include "sources/event_log_replay.hpp"
#include "watchers/boot/boot_accepted.hpp"
#include "watchers/boot/boot_facts.hpp"

namespace integrityd {

// How a PCR stands to the log.
enum class PcrMatch : std::uint8_t { matches, explained, unreplayable, differs, moved, unjudged };
[[nodiscard]] std::string_view to_string(PcrMatch match);

struct PcrState {
    std::uint32_t pcr = 0;
    HashAlgorithm bank = 0;
    PcrMatch match = PcrMatch::unjudged;
    TcgDigest replayed;
    TcgDigest present;
    std::string reason;  // where it is explained or unreplayable
};

// The values that PCRs and the root's hash had when they were seen for the first time since this boot. A copy is kept
// over a restart of the daemon, so that what moves while nobody looks is noticed.
class PcrReference {
public:
    // What was kept; of another boot it says nothing.
    void restore(std::string_view kept, std::string_view boot_id);
    [[nodiscard]] std::string to_text(std::string_view boot_id) const;

    // Takes what is there for PCRs that were not seen yet, and moves on where systemd told a phase of the machine's
    // life to PCR 11.
    void update(const PcrValuesByBank& now);
    // PCRs that must not move and did, with the banks in which.
    [[nodiscard]] std::map<std::uint32_t, std::vector<HashAlgorithm>> moved(const PcrValuesByBank& now,
                                                                            bool ima_extends) const;
    [[nodiscard]] const PcrValuesByBank& values() const { return values_; }

    // The hash of the root's dm-verity, likewise; empty: it was not seen since this boot.
    void update_root(std::string_view hash);
    [[nodiscard]] const std::string& root_hash() const { return root_hash_; }

private:
    PcrValuesByBank values_;
    std::string root_hash_;
};

// `reference` has the values before anything moved.
[[nodiscard]] std::vector<PcrState> match_pcrs(const Replay& replay, const PcrValuesByBank& now,
                                               const PcrReference& reference,
                                               const std::map<PcrOfBank, std::string>& unreplayable);

// How findings name a PCR: "pcr7".
[[nodiscard]] std::string pcr_subject(std::uint32_t pcr);
// boot.log.mismatch, one a PCR.
[[nodiscard]] std::vector<Observation> judge_replay(const std::vector<PcrState>& states);
// boot.pcr.extended, one a PCR.
[[nodiscard]] std::vector<Observation> judge_moved(const PcrReference& reference, const PcrValuesByBank& now,
                                                   bool ima_extends);
// What an acceptance fixes: PCRs that this firmware's log does not lead to, each of its bank alone.
[[nodiscard]] std::map<PcrOfBank, std::string> unreplayable_now(const std::vector<PcrState>& states);

}  // namespace integrityd
