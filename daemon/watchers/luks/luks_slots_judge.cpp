// Keyslots against what was accepted, or against the configured kinds; and how hard their passwords are to guess.
#include "catalogue_kinds.hpp"
#include "watchers/luks/luks_comparison.hpp"

namespace integrityd {

namespace {

// PBKDF2: LUKS's own benchmark of 2 s ends above this on the slowest device; OWASP asks for more of web servers, which
// have no disk to steal. Argon2: memory in KiB times passes, the least of OWASP's equivalent settings.
constexpr std::uint64_t least_iterations = 100'000;
constexpr std::uint64_t least_argon = 35'840;

bool has_slot(const std::vector<LuksSlotRecord>& slots, const LuksSlotRecord& slot) {
    return std::ranges::any_of(
        slots, [&](const LuksSlotRecord& each) { return each.number == slot.number && each.sha256 == slot.sha256; });
}

bool is_allowed(const LuksFacts& facts, unsigned slot) {
    return std::ranges::all_of(facts.means_of(slot),
                               [&](const std::string& means) { return contains(facts.volume.keyslots, means); });
}

void find_slots(LuksComparison& all) {
    for (const LuksSlotRecord& slot : all.present.slots) {
        const bool known =
            all.accepted != nullptr ? has_slot(all.accepted->slots, slot) : is_allowed(all.facts, slot.number);
        if (!known) all.added.push_back(slot);
    }
    if (all.accepted == nullptr) return;
    for (const LuksSlotRecord& slot : all.accepted->slots)
        if (!has_slot(all.present.slots, slot)) all.removed.push_back(slot);
}

ValueList list_of(const std::vector<LuksSlotRecord>& slots) {
    ValueList list;
    for (const auto& slot : slots)
        list.emplace_back(ValueMap{{"number", slot.number}, {"means", slot.means}});
    return list;
}

// "keyslot 1 (password)", "2 keyslots: 0 (password), 1 (tpm2)"
std::string names_of(const std::vector<LuksSlotRecord>& slots) {
    std::string text = slots.size() == 1 ? "keyslot " : std::to_string(slots.size()) + " keyslots: ";
    for (const auto& slot : slots)
        text += (&slot == &slots.front() ? "" : ", ") + std::to_string(slot.number) + " (" + slot.means + ")";
    return text;
}

bool is_weak(const LuksKdf& kdf) {
    if (kdf.type == "pbkdf2") return kdf.iterations < least_iterations;
    if (kdf.type != "argon2id" && kdf.type != "argon2i") return true;
    return kdf.memory < least_argon / std::max<std::uint64_t>(kdf.time, 1);
}

}  // namespace

void judge_slots(LuksComparison& all, LuksFindings& findings) {
    find_slots(all);
    const std::string& name = all.facts.volume.name;
    const std::string why = all.accepted != nullptr ? " more than accepted" : " of a kind that is not configured";
    if (!all.added.empty())
        findings.add(kinds::luks_keyslot_added, name, names_of(all.added) + why, {{"slots", list_of(all.added)}});
    if (!all.removed.empty())
        findings.add(kinds::luks_keyslot_removed, name, names_of(all.removed) + " fewer than accepted",
                     {{"slots", list_of(all.removed)}});
}

// Of slots that a password opens: what TPM, token or recovery key give has 256 random bits, so that their tools ask for
// few iterations. What opened a slot when it was accepted counts, if it lost its token since.
void judge_kdf(const LuksComparison& all, LuksFindings& findings) {
    std::vector<LuksSlotRecord> weak;
    for (const LuksKeyslot& slot : all.facts.metadata()->keyslots) {
        const auto& known = all.accepted != nullptr ? all.accepted->slots : all.present.slots;
        const auto record = std::ranges::find(known, slot.sha256, &LuksSlotRecord::sha256);
        if (has_slot(all.added, {slot.number, "", slot.sha256}) || record == known.end()) continue;
        if (record->means == "password" && is_weak(slot.kdf)) weak.push_back(*record);
    }
    if (weak.empty()) return;
    findings.add(kinds::luks_keyslot_weak_kdf, all.facts.volume.name, names_of(weak) + " is easy to guess",
                 {{"slots", list_of(weak)}});
}

}  // namespace integrityd
