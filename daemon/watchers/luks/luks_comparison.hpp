// What the judges of slots, tokens and header hand on to each other.
#pragma once

#include <algorithm>
#include <vector>

#include "watchers/luks/luks_judge.hpp"

namespace integrityd {

struct LuksComparison {
    const LuksFacts& facts;
    LuksRecord present;
    const LuksRecord* accepted = nullptr;
    std::vector<LuksSlotRecord> added;  // not accepted, or of a kind that is not configured
    std::vector<LuksSlotRecord> removed;
    bool tokens_differ = false;
};

template <typename Item>
bool contains(const std::vector<Item>& list, const Item& item) {
    return std::ranges::find(list, item) != list.end();
}

// Fills `added` and `removed`.
void judge_slots(LuksComparison& all, LuksFindings& findings);
// After judge_slots(): of slots that may be there.
void judge_kdf(const LuksComparison& all, LuksFindings& findings);
void judge_tokens(LuksComparison& all, LuksFindings& findings);

}  // namespace integrityd
