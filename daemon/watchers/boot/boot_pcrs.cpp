#include "watchers/boot/boot_pcrs.hpp"

#include <algorithm>
#include <charconv>

#include "catalogue_kinds.hpp"
#include "core/canonical_json.hpp"
#include "core/digest.hpp"
#include "core/members.hpp"
#include "sources/ima_replay.hpp"

namespace integrityd {

namespace {

constexpr std::uint32_t phase_pcr = 11;
constexpr std::uint32_t boot_services_pcr = 5;

// Told once to the firmware's or the loader's log, and to nobody after it. 10 is IMA's; 15 belongs to what unlocks
// volumes; 16 and 23 may be reset by anyone; 17 to 22 are of the dynamic launch.
bool is_fixed(std::uint32_t pcr, bool ima_extends) {
    return pcr <= 9 || (pcr == ima_pcr && !ima_extends) || (pcr >= 11 && pcr <= 14);
}

// PCRs whose every extension is in the log.
bool is_logged(std::uint32_t pcr) {
    return pcr <= 9 || (pcr >= 11 && pcr <= 14);
}

PcrState match_one(const ReplayedBank& bank, std::uint32_t pcr, const TcgDigest& now, const TcgDigest* before) {
    PcrState state{pcr, bank.algorithm, PcrMatch::differs, bank.value(pcr), now, ""};
    const TcgDigest& judged = before == nullptr ? now : *before;
    if (bank.lacks) {
        state.reason = "event " + std::to_string(*bank.lacks) + " of the log has no digest of this bank";
    } else if (state.replayed == judged) {
        state.match = judged == now ? PcrMatch::matches : PcrMatch::moved;
    } else if (pcr == boot_services_pcr && with_exit_boot_services(bank) == judged) {
        state.match = PcrMatch::explained;
        state.reason = "the log ends before ExitBootServices";
    } else if (pcr == phase_pcr && explained_by_phases(bank.algorithm, state.replayed, judged)) {
        state.match = PcrMatch::explained;
        state.reason = "systemd told it the phases of this boot";
    }
    if (state.match == PcrMatch::moved && pcr == phase_pcr && explained_by_phases(bank.algorithm, judged, now)) {
        state.match = PcrMatch::explained;
        state.reason = "systemd told it a phase of this boot";
    }
    return state;
}

ValueMap banks_of(const PcrValuesByBank& values) {
    ValueMap banks;
    for (const auto& [bank, pcrs] : values) {
        ValueMap each;
        for (const auto& [pcr, value] : pcrs) {
            if (is_fixed(pcr, false)) each[std::to_string(pcr)] = value.hex();
        }
        if (!each.empty()) banks[std::string(hash_name(bank))] = std::move(each);
    }
    return banks;
}

}  // namespace

std::string_view to_string(PcrMatch match) {
    switch (match) {
        case PcrMatch::matches:
            return "matches";
        case PcrMatch::explained:
            return "explained";
        case PcrMatch::unreplayable:
            return "unreplayable";
        case PcrMatch::differs:
            return "differs";
        case PcrMatch::moved:
            return "moved";
        default:
            return "unjudged";
    }
}

void PcrReference::restore(std::string_view kept, std::string_view boot_id) {
    const auto value = read_json(kept);
    const auto* const map = value ? value->get<ValueMap>() : nullptr;
    if (map == nullptr) return;
    const auto boot = map->find("boot_id");
    const auto* const banks = map_at(*map, "pcrs");
    if (boot == map->end() || boot->second.text() != boot_id || banks == nullptr) return;
    root_hash_ = text_at(*map, "root");
    for (const auto& [name, pcrs] : *banks) {
        const auto bank = parse_hash_name(name);
        const auto* const values = pcrs.get<ValueMap>();
        if (!bank || values == nullptr) continue;
        for (const auto& [text, hex] : *values) {
            std::uint32_t pcr = most_pcrs;
            (void)std::from_chars(text.data(), text.data() + text.size(), pcr);
            const auto raw = from_hex(hex.text());
            if (pcr < most_pcrs && raw && raw->size() == digest_size(*bank)) values_[*bank][pcr] = TcgDigest(*raw);
        }
    }
}

std::string PcrReference::to_text(std::string_view boot_id) const {
    ValueMap kept{{"boot_id", boot_id}, {"pcrs", banks_of(values_)}};
    if (!root_hash_.empty()) kept["root"] = root_hash_;
    return canonical_json(Value(std::move(kept)));
}

void PcrReference::update(const PcrValuesByBank& now) {
    for (const auto& [bank, pcrs] : now) {
        auto& known = values_[bank];
        for (const auto& [pcr, value] : pcrs) {
            const auto [entry, first] = known.try_emplace(pcr, value);
            const bool phase = !first && pcr == phase_pcr && explained_by_phases(bank, entry->second, value);
            if (phase) entry->second = value;
        }
    }
}

void PcrReference::update_root(std::string_view hash) {
    if (root_hash_.empty()) root_hash_ = hash;
}

std::map<std::uint32_t, std::vector<HashAlgorithm>> PcrReference::moved(const PcrValuesByBank& now,
                                                                        bool ima_extends) const {
    std::map<std::uint32_t, std::vector<HashAlgorithm>> out;
    for (const auto& [bank, pcrs] : now) {
        for (const auto& [pcr, value] : pcrs) {
            const TcgDigest* const before = find_pcr(values_, bank, pcr);
            if (before != nullptr && is_fixed(pcr, ima_extends) && !(*before == value)) out[pcr].push_back(bank);
        }
    }
    return out;
}

std::vector<PcrState> match_pcrs(const Replay& replay, const PcrValuesByBank& now, const PcrReference& reference,
                                 const std::map<PcrOfBank, std::string>& unreplayable) {
    std::vector<PcrState> states;
    for (const ReplayedBank& bank : replay.banks) {
        for (std::uint32_t pcr = 0; pcr < most_pcrs; ++pcr) {
            const TcgDigest* const value = find_pcr(now, bank.algorithm, pcr);
            if (value == nullptr || !is_logged(pcr)) continue;
            states.push_back(match_one(bank, pcr, *value, find_pcr(reference.values(), bank.algorithm, pcr)));
            PcrState& state = states.back();
            const auto accepted = unreplayable.find({bank.algorithm, pcr});
            if (state.match != PcrMatch::differs || accepted == unreplayable.end()) continue;
            state.match = PcrMatch::unreplayable;
            state.reason = accepted->second;
        }
    }
    return states;
}

std::string pcr_subject(std::uint32_t pcr) {
    return "pcr" + std::to_string(pcr);
}

std::vector<Observation> judge_replay(const std::vector<PcrState>& states) {
    std::map<std::uint32_t, Observation> seen;
    for (const PcrState& state : states) {
        if (state.match != PcrMatch::differs) continue;
        const auto [entry, first] = seen.try_emplace(state.pcr);
        Observation& each = entry->second;
        const std::string bank(hash_name(state.bank));
        if (first) {
            each.kind = &kinds::boot_log_mismatch;
            each.subject = pcr_subject(state.pcr);
            each.summary =
                "the event log does not lead to what the TPM has in PCR " + std::to_string(state.pcr) +
                (state.reason.empty() ? ": something was measured that the log does not say" : ": " + state.reason);
        }
        each.evidence[bank] = ValueMap{{"log", state.replayed.hex()}, {"tpm", state.present.hex()}};
    }
    std::vector<Observation> out;
    for (auto& [pcr, each] : seen)
        out.push_back(std::move(each));
    return out;
}

std::vector<Observation> judge_moved(const PcrReference& reference, const PcrValuesByBank& now, bool ima_extends) {
    std::vector<Observation> out;
    for (const auto& [pcr, banks] : reference.moved(now, ima_extends)) {
        Observation seen{&kinds::boot_pcr_extended, pcr_subject(pcr), "", {}, {}, std::nullopt};
        seen.summary = "PCR " + std::to_string(pcr) + " was extended while the system ran";
        for (const HashAlgorithm bank : banks) {
            const TcgDigest* const before = find_pcr(reference.values(), bank, pcr);
            const TcgDigest* const value = find_pcr(now, bank, pcr);
            seen.evidence[std::string(hash_name(bank))] = ValueMap{{"at_boot", before->hex()}, {"now", value->hex()}};
        }
        out.push_back(std::move(seen));
    }
    return out;
}

std::map<PcrOfBank, std::string> unreplayable_now(const std::vector<PcrState>& states) {
    std::map<PcrOfBank, std::string> out;
    for (const PcrState& state : states) {
        if (state.match != PcrMatch::unreplayable && state.match != PcrMatch::differs) continue;
        out[{state.bank, state.pcr}] =
            state.reason.empty() ? "the log of this firmware does not lead to the TPM's value" : state.reason;
    }
    return out;
}

}  // namespace integrityd
