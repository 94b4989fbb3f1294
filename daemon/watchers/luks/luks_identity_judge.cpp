// The header against what was accepted: whether it is the same volume, and what of it is neither slot nor token.
#include <fmt/format.h>
#include <set>

#include "catalogue_kinds.hpp"
#include "core/escape.hpp"
#include "watchers/luks/luks_comparison.hpp"

namespace integrityd {

namespace {

// False: it is another volume, and to compare the rest says nothing.
bool judge_same(const LuksComparison& all, LuksFindings& findings) {
    const LuksRecord& accepted = *all.accepted;
    const LuksRecord& present = all.present;
    if (accepted.uuid == present.uuid && accepted.key == present.key && accepted.format == present.format) return true;
    const bool same_name = accepted.uuid == present.uuid;
    findings.add(
        kinds::luks_volume_replaced, all.facts.volume.name,
        same_name ? "the volume has the accepted UUID and another key" : "the volume has another UUID than accepted",
        {{"uuid", present.uuid},
         {"key", present.key},
         {"format", present.format},
         {"accepted_uuid", accepted.uuid},
         {"accepted_key", accepted.key},
         {"accepted_format", accepted.format}});
    return false;
}

// The slots that both have: what belongs to one that came or went is told with it.
bool is_of_common_slot(const LuksComparison& all, const std::string& entry) {
    constexpr std::string_view word = "keyslot ";
    const std::string number = entry.starts_with(word) ? entry.substr(word.size()) : entry;
    const auto is_it = [&](const LuksSlotRecord& slot) {
        return number.starts_with(std::to_string(slot.number) + " ");
    };
    return std::ranges::none_of(all.added, is_it) && std::ranges::none_of(all.removed, is_it);
}

std::vector<std::string> common(const LuksComparison& all, const std::vector<std::string>& entries, bool strong_only) {
    std::vector<std::string> out;
    for (const std::string& entry : entries) {
        if (!entry.starts_with("segment ") && !is_of_common_slot(all, entry)) continue;
        // One that protects nothing is told as such.
        if (strong_only && !is_strong_cipher(entry.substr(entry.rfind(' ') + 1), 0)) continue;
        out.push_back(entry);
    }
    return out;
}

bool ciphers_differ(const LuksComparison& all) {
    const auto known = common(all, all.accepted->ciphers, false);
    return std::ranges::any_of(common(all, all.present.ciphers, true),
                               [&](const std::string& entry) { return !contains(known, entry); });
}

std::vector<std::string> differences(const LuksComparison& all) {
    const LuksRecord& accepted = *all.accepted;
    const LuksRecord& present = all.present;
    std::vector<std::string> found;
    const auto tell = [&found](bool differs, const char* what) {
        if (differs) found.emplace_back(what);
    };
    const bool same_slots = all.added.empty() && all.removed.empty();
    tell(accepted.segments != present.segments, "segments");
    tell(ciphers_differ(all), "ciphers");
    tell(same_slots && accepted.digests != present.digests, "digests");
    tell(common(all, accepted.priorities, false) != common(all, present.priorities, false), "priorities");
    tell(accepted.flags != present.flags, "flags");
    tell(accepted.requirements != present.requirements, "requirements");
    return found;
}

ValueMap evidence_of(const LuksComparison& all, const std::vector<std::string>& found) {
    ValueMap evidence{{"differences", text_list(found)},
                      {"flags", text_list(all.present.flags)},
                      {"requirements", text_list(all.present.requirements)},
                      {"sequence", all.present.sequence}};
    if (all.accepted == nullptr) return evidence;
    evidence["accepted_flags"] = text_list(all.accepted->flags);
    evidence["accepted_requirements"] = text_list(all.accepted->requirements);
    evidence["accepted_sequence"] = all.accepted->sequence;
    return evidence;
}

void tell_changed(const LuksComparison& all, const std::vector<std::string>& found, std::string summary,
                  LuksFindings& findings) {
    findings.add(kinds::luks_header_changed, all.facts.volume.name, std::move(summary), evidence_of(all, found));
}

void judge_rest(const LuksComparison& all, LuksFindings& findings) {
    if (all.accepted == nullptr) {
        if (!all.present.requirements.empty())
            tell_changed(all, {"requirements"},
                         fmt::format("the header demands: {}", fmt::join(all.present.requirements, ", ")), findings);
        return;
    }
    const auto found = differences(all);
    if (!found.empty())
        return tell_changed(all, found,
                            fmt::format("the header differs from the accepted one in: {}", fmt::join(found, ", ")),
                            findings);
    // What was told already explains that the header was written.
    const bool told = !all.added.empty() || !all.removed.empty() || all.tokens_differ ||
                      findings.has(kinds::luks_header_inconsistent, all.facts.volume.name) ||
                      findings.has(kinds::luks_cipher_weak, all.facts.volume.name);
    if (told) return;
    const std::uint64_t accepted = all.accepted->sequence;
    if (all.present.sequence > accepted)
        return tell_changed(all, {"sequence"},
                            "the header was written " + std::to_string(all.present.sequence - accepted) +
                                " times since it was accepted, and says the same",
                            findings);
    if (all.present.sequence == accepted && all.present.document != all.accepted->document)
        tell_changed(all, {"other members"}, "the header differs from the accepted one", findings);
}

void judge_age(const LuksComparison& all, std::uint64_t highest, LuksFindings& findings) {
    std::uint64_t least = highest;
    if (all.accepted != nullptr) least = std::max(least, all.accepted->sequence);
    if (all.present.sequence >= least) return;
    findings.add(kinds::luks_header_rolled_back, all.facts.volume.name,
                 "the header is older than one that was there: sequence " + std::to_string(all.present.sequence) +
                     " after " + std::to_string(least),
                 {{"sequence", all.present.sequence}, {"highest_sequence", least}});
}

}  // namespace

void judge_identity(const LuksFacts& facts, const LuksAround& around, LuksFindings& findings) {
    LuksComparison all{facts, record_of(facts).value_or(LuksRecord()), around.accepted, {}, {}, false};
    if (around.accepted != nullptr && !judge_same(all, findings)) return;
    judge_slots(all, findings);
    judge_kdf(all, findings);
    judge_tokens(all, findings);
    judge_rest(all, findings);
    judge_age(all, around.highest, findings);
}

}  // namespace integrityd
