// BootWatcher's part that is about what was accepted, about accepting it, and about telling both.
#include <algorithm>
#include <cerrno>

#include "catalogue_kinds.hpp"
#include "core/canonical_json.hpp"
#include "core/digest.hpp"
#include "core/escape.hpp"
#include "sources/boot_command_line.hpp"
#include "sources/boot_report.hpp"
#include "watchers/boot/boot_acceptance.hpp"
#include "watchers/boot/boot_keys.hpp"
#include "watchers/boot/boot_mounts.hpp"
#include "watchers/boot/boot_watcher.hpp"

namespace integrityd {

namespace {

constexpr std::size_t longest_problem = 512;

ValueList summaries(const std::vector<Observation>& seen) {
    ValueList out;
    for (const Observation& each : seen)
        out.emplace_back(each.summary);
    return out;
}

ValueList pcr_report(const std::vector<PcrState>& states) {
    ValueList out;
    for (const PcrState& state : states) {
        ValueMap each{{"pcr", state.pcr},
                      {"bank", hash_name(state.bank)},
                      {"state", to_string(state.match)},
                      {"tpm", state.present.hex()}};
        if (state.match != PcrMatch::matches) each["log"] = state.replayed.hex();
        if (!state.reason.empty()) each["reason"] = state.reason;
        out.emplace_back(std::move(each));
    }
    return out;
}

// Whether each event is accepted, where a baseline decides.
void mark_accepted(ValueList& events, const std::vector<BootRun>& runs, const BootAccepted& accepted) {
    const auto differences = compare_boot(runs, accepted);
    const auto is_unexpected = [&](std::uint64_t number) {
        return std::ranges::any_of(differences, [&](const BootDifference& difference) {
            return difference.kind == BootDifference::Kind::unexpected &&
                   std::ranges::find(difference.events, number, &RunEvent::number) != difference.events.end();
        });
    };
    const auto is_compared = [&](std::uint64_t number) {
        return std::ranges::any_of(runs, [&](const BootRun& run) {
            return std::ranges::find(run.events, number, &RunEvent::number) != run.events.end();
        });
    };
    for (Value& value : events) {
        auto* const event = value.get<ValueMap>();
        const std::uint64_t number = event->at("event").number();
        if (is_compared(number)) (*event)["accepted"] = !is_unexpected(number);
    }
}

// Keys are accepted as sets, not by the digest of their event.
void mark_keys(ValueList& events, const MeasuredSecureBoot& measured, const AcceptedSecureBoot& accepted) {
    for (Value& value : events) {
        auto* const event = value.get<ValueMap>();
        const auto keys = std::ranges::find(measured.variables, event->at("event").number(), &MeasuredKeys::event);
        const auto known = keys == measured.variables.end() ? accepted.keys.end() : accepted.keys.find(keys->name);
        if (known != accepted.keys.end()) (*event)["accepted"] = are_accepted_keys(*keys, known->second);
    }
}

}  // namespace

void BootWatcher::load_accepted() {
    const auto loaded = context_.baselines.load("boot");
    accepted_.reset();
    baseline_problem_.clear();
    was_accepted_ = !loaded || loaded->has_value();
    if (!loaded) {
        baseline_problem_ = escape_cut(loaded.error().message, longest_problem);
    } else if (!*loaded) {
        baseline_problem_ = "no accepted baseline: run `integrityctl baseline accept boot`";
    } else if (auto read = read_boot_accepted((*loaded)->content); !read) {
        baseline_problem_ = "the accepted baseline of boot cannot be used: " + read.error().message;
    } else {
        accepted_ = std::move(*read);
    }
}

std::vector<const Kind*> BootWatcher::baseline_kinds() const {
    return {&kinds::boot_event_unexpected,     &kinds::boot_event_missing,           &kinds::boot_structure_invalid,
            &kinds::boot_log_mismatch,         &kinds::boot_secureboot_disabled,     &kinds::boot_secureboot_setup_mode,
            &kinds::boot_secureboot_test_keys, &kinds::boot_secureboot_keys_changed, &kinds::boot_root_unverified,
            &kinds::boot_mount_shadowed};
}

std::string BootWatcher::present_digest() const {
    return sha256_hex(canonical_json(Value(to_value(accept_view(*view_, pcrs_, nullptr)))));
}

// What cannot be read to its end, or holds nothing that is judged, must not become what is good.
Result<BaselineDiff> BootWatcher::diff_baseline() {
    if (!view_ || looking_) return Error{"the boot is being read", EAGAIN};
    if (const std::string problem = view_->problem(); !problem.empty()) return Error{problem, ENOENT};
    if (!view_->log.whole()) return Error{"the event log is malformed: " + view_->log.problem, ENOENT};
    if (view_->runs.empty()) return Error{"the event log holds nothing that a baseline decides about", ENOENT};
    const auto none = [](const std::string&) { return std::string(); };
    auto seen = judge_log(*view_, pcrs_, accepted(), none);
    if (accepted_ && accepted_->mounts)
        std::ranges::move(judge_mounts(view_->surroundings, *accepted_->mounts), std::back_inserter(seen));
    std::ranges::move(judge_root(root_facts(), accepted_root()), std::back_inserter(seen));
    const BootAccepted present = accept_view(*view_, pcrs_, nullptr);
    ValueList components;
    for (const BootRun& run : view_->runs) {
        ValueMap each{{"component", component_in_pcr(run.component, run.pcr)},
                      {"events", std::uint64_t{run.events.size()}},
                      {"accepted", accepted_ && is_accepted(run, *accepted_)}};
        if (run.events.size() == 1) each["digest"] = run.events.front().digest;
        components.emplace_back(std::move(each));
    }
    BaselineDiff diff;
    diff.digest = present_digest();
    diff.difference = {{"accepted", accepted_.has_value()},
                       {"bank", hash_name(present.bank)},
                       {"components", std::move(components)},
                       {"differences", summaries(seen)}};
    if (present.secure_boot && present.secure_boot->enabled)
        diff.difference["secure_boot"] = *present.secure_boot->enabled ? "on" : "off";
    if (!present.deviations.empty()) diff.difference["deviations"] = text_list(present.deviations);
    for (const auto& [pcr, reason] : present.unreplayable)
        diff.difference["unreplayable " + pcr_of_bank(pcr)] = reason;
    if (present.mounts && !present.mounts->empty()) diff.difference["mounts"] = text_list(*present.mounts);
    diff.difference["root"] = describe_root(root_facts(), accepted_root());
    return diff;
}

Result<void> BootWatcher::write(const BootAccepted& accepted) {
    if (accepted.empty()) return Error{"an empty baseline is not accepted: it would take every boot as good", EINVAL};
    const auto written = context_.baselines.accept("boot", to_value(accepted));
    if (!written) return written.error();
    // The look that follows settles it, and whoever accepted waits for its end.
    look_open_ = true;
    look();
    return {};
}

Result<void> BootWatcher::accept_baseline(std::string_view digest, const Wanted& wanted) {
    const auto diff = diff_baseline();
    if (!diff) return diff.error();
    if (diff->digest != digest) return Error{"the boot is another than the one that was shown", ECANCELED};
    const BootAccepted present = accept_view(*view_, pcrs_, accepted());
    const auto next = take_wanted(accepted(), present, *view_, wanted);
    return next ? write(*next) : Result<void>(next.error());
}

// A whole document takes the place of what was accepted; components alone are added to it.
Result<void> BootWatcher::import_baseline(const ValueMap& document) {
    if (looking_) return Error{"the boot is being read", EBUSY};
    if (document.contains("version")) {
        const auto whole = read_boot_accepted(document);
        if (!whole) return Error{whole.error().message, EINVAL};
        return write(*whole);
    }
    const auto components = read_components(document);
    if (!components) return Error{components.error().message, EINVAL};
    const HashAlgorithm bank = *parse_hash_name(document.at("bank").text());
    BootAccepted wanted = accepted_.value_or(BootAccepted{});
    if (wanted.empty()) wanted.bank = bank;
    if (wanted.bank != bank)
        return Error{"its digests are of the bank " + std::string(hash_name(bank)) + ", the accepted ones of " +
                         std::string(hash_name(wanted.bank)),
                     EINVAL};
    add_components(wanted, *components, most_accepted_runs);
    return write(wanted);
}

std::optional<ValueMap> BootWatcher::report() const {
    ValueMap out{{"baseline", baseline_problem_.empty() ? "accepted" : baseline_problem_}};
    if (!view_) return out;
    if (const std::string problem = view_->problem(); !problem.empty())
        out["problem"] = escape_cut(problem, longest_problem);
    if (!view_->measured.log_error) {
        ValueList events = story_report(view_->story);
        if (accepted_) mark_accepted(events, view_->runs, *accepted_);
        if (accepted_ && accepted_->secure_boot) mark_keys(events, view_->story.secure_boot, *accepted_->secure_boot);
        out["log"] = log_report(view_->log, view_->measured.log.size());
        out["bank"] = hash_name(view_->story.bank);
        out["events"] = std::move(events);
        out["secure_boot"] = secure_boot_report(view_->story.secure_boot);
        out["structure"] = structure_report(view_->structure);
        out["pcrs"] = pcr_report(pcrs_);
        if (const std::string line = command_line(); !line.empty())
            out["command_line"] = escape_cut(line, longest_command_line);
    }
    out["efi"] = view_->surroundings.has_efi;
    // While a job reads, the list is its own.
    if (!looking_) out["ima"] = ima_->report();
    out["root"] = describe_root(root_facts(), accepted_root());
    if (view_->surroundings.mounts_known) {
        out["mounts"] = text_list(covering_mounts(view_->surroundings.mounts));
    }
    return out;
}

}  // namespace integrityd
