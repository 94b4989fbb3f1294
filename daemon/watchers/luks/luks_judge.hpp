// Judgement of a volume: pure functions from facts to findings, each rule to its kind of the catalogue.
//
// What the configuration and the state of the art demand is judged without a baseline; what was accepted decides the
// rest. A difference is told once: what replaced the volume explains all others, what a slot or token says is not said
// again by the header.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "watchers/luks/luks_accepted.hpp"
#include "watchers/luks/luks_facts.hpp"
#include "watchers/luks/luks_findings.hpp"

namespace integrityd {

struct LuksAround {
    const LuksRecord* accepted = nullptr;  // null: nothing was accepted of this volume
    // Something may have been accepted of it, but the baseline cannot be read: what was told against it stays.
    bool accepted_unknown = false;
    std::uint64_t highest = 0;  // sequence that was seen of this very volume key; 0: none
    // It is doubtful for the first time, and the look is over: the next one decides.
    bool doubtful = false;
};

// All kinds that judge_volume() decides.
[[nodiscard]] std::vector<const Kind*> luks_volume_kinds();
// Those of them that an acceptance settles.
[[nodiscard]] std::vector<const Kind*> luks_baseline_kinds();

// Whether a second look has to say that it is so: cryptsetup writes one copy after the other.
[[nodiscard]] bool is_doubtful(const LuksFacts& facts);

void judge_volume(const LuksFacts& facts, const LuksAround& around, LuksFindings& findings);

// Its parts.
void judge_copies(const LuksFacts& facts, LuksFindings& findings);
void judge_ciphers(const LuksFacts& facts, LuksFindings& findings);
void judge_policies(const LuksFacts& facts, const LuksAround& around, LuksFindings& findings);
void judge_identity(const LuksFacts& facts, const LuksAround& around, LuksFindings& findings);
void judge_mapping(const LuksFacts& facts, const LuksAround& around, LuksFindings& findings);

// Whether a cipher protects data: on the list of those that do, with a key of at least 256 bits (0: not known).
[[nodiscard]] bool is_strong_cipher(const std::string& cipher, std::uint64_t key_size);

}  // namespace integrityd
