#include "watchers/boot/boot_judge.hpp"

#include <algorithm>

#include "catalogue_kinds.hpp"
#include "watchers/boot/boot_keys.hpp"
#include "watchers/boot/boot_mounts.hpp"
#include "watchers/boot/boot_root.hpp"

namespace integrityd {

namespace {

// Events that one observation lists; of more the number is told.
constexpr std::size_t most_listed = 32;

// A bank that is switched off, or has no more than some PCRs, vouches for nothing that the log says of it.
bool has_judged_pcrs(const PcrValuesByBank& pcrs, HashAlgorithm bank) {
    for (std::uint32_t pcr = 0; pcr < most_pcrs; ++pcr) {
        if (is_judged_pcr(pcr) && find_pcr(pcrs, bank, pcr) == nullptr) return false;
    }
    return true;
}

HashAlgorithm bank_for(const EventLog& log, const MeasuredBoot& measured, HashAlgorithm wanted) {
    if (wanted != 0) return wanted;
    std::vector<HashAlgorithm> both;
    for (const HashAlgorithm algorithm : log.algorithms) {
        if (measured.tpm_error || has_judged_pcrs(measured.pcrs, algorithm)) both.push_back(algorithm);
    }
    return best_bank(both);
}

class Judge {
public:
    Judge(const BootView& view, const BootAccepted* accepted, const FileNamer& name_file)
        : view_(view), accepted_(accepted), name_file_(name_file) {}

    std::vector<Observation> judge(const std::vector<PcrState>& pcrs) {
        if (view_.measured.log_error) return unavailable();
        if (!view_.log.whole()) malformed(view_.log.problem);
        if (!view_.replay.problem.empty()) malformed(view_.replay.problem);
        add(judge_replay(pcrs));
        // What is missing at the end of a log that is cut says nothing of the boot, and nothing a bank without PCRs.
        if (!view_.log.whole() || !view_.problem().empty()) return std::move(seen_);
        structure();
        add(judge_keys({view_.story.secure_boot, view_.surroundings.variables}, accepted_keys()));
        if (accepted_ == nullptr) {
            modes();
        } else {
            for (const BootDifference& difference : compare_boot(view_.runs, *accepted_))
                differs(difference);
        }
        return std::move(seen_);
    }

private:
    void add(std::vector<Observation> more) { std::ranges::move(more, std::back_inserter(seen_)); }
    Observation& tell(const Kind& kind, std::string subject, std::string summary) {
        seen_.push_back({&kind, std::move(subject), std::move(summary), {}, {}, std::nullopt});
        return seen_.back();
    }
    const AcceptedSecureBoot* accepted_keys() const {
        return accepted_ != nullptr && accepted_->secure_boot ? &*accepted_->secure_boot : nullptr;
    }

    std::vector<Observation> unavailable() {
        auto& seen = tell(kinds::boot_log_unavailable, "event log",
                          "the firmware's event log cannot be read: " + view_.measured.log_error->message);
        // It was there when it was accepted.
        if (accepted_ != nullptr) seen.severity = Severity::high;
        return std::move(seen_);
    }

    void malformed(const std::string& problem) {
        auto& seen = tell(kinds::boot_log_malformed, "event log", "the firmware's event log is malformed: " + problem);
        seen.evidence["problem"] = problem;
    }

    // One for each PCR, with all that is wrong in it and was not accepted as how this firmware is.
    void structure() {
        for (std::uint32_t pcr = 0; pcr < most_pcrs; ++pcr) {
            std::vector<std::string> texts;
            for (const StructureFinding& finding : view_.structure) {
                const bool known = accepted_ != nullptr && std::ranges::find(accepted_->deviations, finding.text) !=
                                                               accepted_->deviations.end();
                if (finding.pcr == pcr && !known && texts.size() < most_listed) texts.push_back(finding.text);
            }
            if (texts.empty()) continue;
            const std::string more = texts.size() > 1 ? ", and " + std::to_string(texts.size() - 1) + " more" : "";
            auto& seen = tell(kinds::boot_structure_invalid, pcr_subject(pcr),
                              "the boot breaks the specification: " + texts.front() + more);
            seen.evidence["findings"] = text_list(texts);
        }
    }

    // Without a baseline: what firmware says of itself when its protections are off.
    void modes() {
        for (const BootRun& run : view_.runs) {
            if (run.component != "firmware modes") continue;
            std::vector<std::string> texts;
            for (const RunEvent& event : run.events)
                texts.push_back(text_of(event));
            auto& seen = tell(kinds::boot_event_unexpected, component_subject(run.component, run.pcr),
                              "the firmware ran in a mode without its protections: " + texts.front());
            seen.evidence["modes"] = text_list(texts);
        }
    }

    void differs(const BootDifference& difference) {
        const bool missing = difference.kind == BootDifference::Kind::missing;
        const std::string what = component_in_pcr(difference.component, difference.pcr) + ": ";
        auto& seen = tell(missing ? kinds::boot_event_missing : kinds::boot_event_unexpected,
                          component_subject(difference.component, difference.pcr),
                          what + (missing ? missing_words(difference) : unexpected_words(difference)));
        ValueList events;
        for (const RunEvent& event : difference.events) {
            if (events.size() < most_listed) events.emplace_back(evidence_of(event, missing));
        }
        seen.evidence["events"] = std::move(events);
        seen.evidence["count"] = std::uint64_t{difference.events.size()};
        seen.evidence["accepted"] = std::uint64_t{difference.accepted};
        if (missing) return;
        // Counts by nature: an event's number moves with everything before it.
        seen.context["first_event"] = std::uint64_t{difference.events.front().number};
    }

    ValueMap evidence_of(const RunEvent& event, bool missing) const {
        ValueMap out{{"type", event.type}, {"digest", event.digest}};
        if (missing) return out;
        if (const std::string text = text_of(event); !text.empty()) out["text"] = text;
        if (const std::string file = name_file_(event.digest); !file.empty()) out["file"] = file;
        return out;
    }

    static std::string missing_words(const BootDifference& difference) {
        const std::size_t count = difference.events.size();
        return (count == 1 ? std::string("an accepted event") : std::to_string(count) + " accepted events") +
               " did not happen";
    }

    std::string unexpected_words(const BootDifference& difference) const {
        const RunEvent& first = difference.events.front();
        const std::size_t others = difference.events.size() - 1;
        const std::string more = others > 0 ? ", and " + std::to_string(others) + " more" : "";
        const std::string digest = "digest " + first.digest.substr(0, 16) + "…";
        std::string words =
            difference.accepted == 0
                ? digest + " where nothing was accepted"
                : digest + " is not " +
                      (difference.accepted == 1 ? "the accepted one"
                                                : "one of the " + std::to_string(difference.accepted) + " accepted");
        if (const std::string file = name_file_(first.digest); !file.empty()) {
            words += "; it is the file " + file;
        } else if (const std::string text = text_of(first); !text.empty()) {
            words += "; the log calls it " + text;
        }
        return words + more;
    }

    std::string text_of(const RunEvent& event) const {
        const auto found = std::ranges::find(view_.story.events, event.number, &BootEvent::number);
        return found == view_.story.events.end() ? "" : found->text;
    }

    const BootView& view_;
    const BootAccepted* accepted_;
    const FileNamer& name_file_;
    std::vector<Observation> seen_;
};

}  // namespace

BootView::BootView(MeasuredBoot boot, BootSurroundings around, HashAlgorithm bank)
    : measured(std::move(boot)), surroundings(std::move(around)) {
    if (measured.log_error) return;
    log = parse_event_log(measured.log);
    replay = replay_event_log(log);
    story = read_boot_story(log, bank_for(log, measured, bank));
    structure = check_boot_structure(log, story);
    runs = boot_runs(story);
}

std::string BootView::problem() const {
    if (measured.log_error) return "the firmware's event log cannot be read: " + measured.log_error->message;
    if (measured.tpm_error) return "the TPM cannot be asked: " + measured.tpm_error->message;
    const bool vouched = story.bank != 0 && has_judged_pcrs(measured.pcrs, story.bank);
    if (log.whole() && !vouched) return "log and TPM have no bank of PCRs in common, or not the accepted one";
    return "";
}

std::string component_subject(std::string_view component, std::uint32_t pcr) {
    return pcr_subject(pcr) + " " + std::string(component);
}

std::vector<const Kind*> log_kinds(const BootView& view, bool accepted) {
    if (!view.log.whole()) return {&kinds::boot_log_malformed, &kinds::boot_log_mismatch};
    std::vector<const Kind*> out = {&kinds::boot_log_malformed,        &kinds::boot_log_mismatch,
                                    &kinds::boot_structure_invalid,    &kinds::boot_event_unexpected,
                                    &kinds::boot_secureboot_disabled,  &kinds::boot_secureboot_setup_mode,
                                    &kinds::boot_secureboot_test_keys, &kinds::boot_secureboot_keys_changed};
    if (accepted) out.push_back(&kinds::boot_event_missing);
    return out;
}

std::vector<Observation> judge_log(const BootView& view, const std::vector<PcrState>& pcrs,
                                   const BootAccepted* accepted, const FileNamer& name_file) {
    return Judge(view, accepted, name_file).judge(pcrs);
}

BootAccepted accept_view(const BootView& view, const std::vector<PcrState>& pcrs, const BootAccepted* before) {
    BootAccepted out;
    out.bank = view.story.bank;
    // The components are those of this boot, in its order; each keeps what it had beside.
    for (const BootRun& run : view.runs) {
        AcceptedComponent component{run.component, run.pcr, {{run.events, "boot"}}};
        if (before != nullptr && before->bank == out.bank) {
            const auto known = std::ranges::find_if(before->components, [&](const AcceptedComponent& each) {
                return each.name == run.component && each.pcr == run.pcr;
            });
            if (known != before->components.end()) component.runs = known->runs;
        }
        BootAccepted one{out.bank, {component}, {}, {}, {}, {}, {}};
        add_components(one, {{run.component, run.pcr, {{run.events, "boot"}}}}, most_runs_of_boots);
        out.components.push_back(std::move(one.components.front()));
    }
    out.secure_boot = present_secure_boot({view.story.secure_boot, view.surroundings.variables});
    for (const StructureFinding& finding : view.structure)
        out.deviations.push_back(finding.text);
    out.unreplayable = unreplayable_now(pcrs);
    out.root = accept_root(view.surroundings.root, images_of(view.runs),
                           before != nullptr && before->root ? &*before->root : nullptr);
    if (view.surroundings.mounts_known) out.mounts = covering_mounts(view.surroundings.mounts);
    return out;
}

}  // namespace integrityd
