#include "watchers/aide/aide_judge.hpp"

#include <algorithm>

#include "catalogue_kinds.hpp"
#include "core/digest.hpp"
#include "core/escape.hpp"
#include "watchers/aide/aide_entry.hpp"

namespace integrityd {

namespace {

// From here on AIDE's status is an error; below it is made of bits.
constexpr int first_error = 14;
constexpr int added_bit = 1;
constexpr int removed_bit = 2;
constexpr int changed_bit = 4;
constexpr std::size_t max_reason = 512;

using Reasons = std::vector<std::string>;

std::string first_line(std::string_view text) {
    return escape_cut(text.substr(0, text.find('\n')), max_reason);
}

std::uint64_t stated(const AideReport& report, AideRowKind kind) {
    return report.stated.rows[static_cast<std::size_t>(kind)].value_or(0);
}

// Rule (d): finished, and nothing wrong in its form.
void check_form(const AideReport& report, Reasons& failures) {
    if (report.wrapper && !report.wrapper->failure.empty()) {
        failures.push_back("the daily check failed: " + escape_cut(report.wrapper->failure, max_reason));
    }
    if (report.outcome == AideOutcome::unknown) {
        failures.push_back(report.outline.empty() ? "there is no report" : "the report's outline is unknown");
    } else if (!report.ended || (report.wrapper && !report.wrapper->ended)) {
        failures.push_back("the report is cut off, or of a level without an end time");
    }
    for (const auto& fault : report.faults)
        failures.push_back("the report is damaged: " + escape_cut(fault, max_reason));
    if (report.ended && report.start_text.empty()) failures.push_back("the report is damaged: it has no beginning");
    if (report.paths.full()) failures.push_back("the report has more entries than can be held");
}

// Rule (a): what AIDE complained of.
void check_errors(const AideReport& report, const AideRun& run, Reasons& failures) {
    if (!run.failure.empty()) failures.push_back(run.failure);
    if (!run.errors.empty()) failures.push_back("AIDE complained: " + first_line(run.errors));
    if (report.diagnostic_lines > 0) failures.push_back("AIDE complained: " + first_line(report.diagnostics));
}

// Rules (b), (c), (f): the numbers agree with each other and with the last time.
void check_numbers(const AideReport& report, const AideExpectations& expected, AideJudgement& judgement) {
    auto& failures = judgement.failures;
    const bool differs = report.outcome == AideOutcome::differences || report.outcome == AideOutcome::compared;
    if (report.ended && !report.stated.total) failures.emplace_back("the report states no number of entries");
    for (std::size_t i = 0; i < aide_row_kinds; ++i) {
        if (report.outcome == AideOutcome::initialized) break;
        if (differs && report.ended && !report.stated.rows[i]) {
            failures.emplace_back("the report does not state how many entries differ");
            break;
        }
        const std::uint64_t number = report.stated.rows[i].value_or(0);
        if (report.seen[i] == number) continue;
        const bool level = report.rows_seen() == 0 && !report.report_level.empty();
        failures.push_back("the report states " + std::to_string(number) + " entries " +
                           std::string(to_string(static_cast<AideRowKind>(i))) + " and lists " +
                           std::to_string(report.seen[i]) +
                           (level ? " (report level " + escape_cut(report.report_level, 64) + ")" : ""));
    }
    judgement.total = report.stated.total.value_or(0);
    if (report.stated.total == std::uint64_t{0} && report.outcome != AideOutcome::initialized) {
        failures.emplace_back("AIDE looked at no entry at all");
    }
    if (judgement.total == 0) return;
    if (report.outcome == AideOutcome::differences && stated(report, AideRowKind::added) >= judgement.total) {
        failures.emplace_back("every entry is told as added: AIDE's database is empty or cannot be read");
    }
    const bool comparable = report.limit.empty() && judgement.database == expected.last_database;
    if (comparable && judgement.total < expected.last_total / 2) {
        failures.push_back("AIDE looked at " + std::to_string(judgement.total) + " entries, at " +
                           std::to_string(expected.last_total) + " the time before, with the same database");
    }
}

// The digest of the database that was read; `--update` states the new one too.
std::string stated_database(const AideReport& report) {
    return stated_digest(report, [&report](const std::string& path) { return path != report.new_database; });
}

// Rule (e): the database is an accepted one. A report of a low level does not state its own: then the one that is
// there has to be.
void check_database(const AideReport& report, const AideExpectations& expected, AideJudgement& judgement) {
    if (!expected.accepted_databases || report.outcome == AideOutcome::initialized) return;
    const bool stated = !judgement.database.empty();
    if (!stated && !expected.database_there) {
        judgement.omissions.emplace_back("which database it was made with is not known yet");
        return;
    }
    const auto& accepted = *expected.accepted_databases;
    const auto& used = stated ? judgement.database : *expected.database_there;
    if (std::find(accepted.begin(), accepted.end(), used) != accepted.end()) return;
    judgement.failures.emplace_back(
        stated ? "the report was made with a database that is not an accepted one"
               : "the report does not state its database, and the one that is there is not an accepted one");
}

// Rule (h): the exit status agrees with the numbers.
void check_exit_code(const AideReport& report, const AideRun& run, Reasons& failures) {
    auto code = run.exit_code;
    if (!code && report.wrapper) code = report.wrapper->exit_code;
    if (!code) return;
    if (!exits_with_report(*code)) {
        failures.push_back("AIDE ended with status " + std::to_string(*code) + ": " +
                           std::string(exit_code_meaning(*code)));
        return;
    }
    if (!report.ended || report.outcome == AideOutcome::initialized) {
        if (report.ended && *code != 0) failures.emplace_back("AIDE's exit status does not agree with its report");
        return;
    }
    const int bits = (stated(report, AideRowKind::added) > 0 ? added_bit : 0) |
                     (stated(report, AideRowKind::removed) > 0 ? removed_bit : 0) |
                     (stated(report, AideRowKind::changed) > 0 ? changed_bit : 0);
    if (bits != *code) failures.emplace_back("AIDE's exit status does not agree with its report");
}

void check_agreement(const AideReport& report, AideJudgement& judgement) {
    const std::uint64_t all = stated(report, AideRowKind::added) + stated(report, AideRowKind::removed) +
                              stated(report, AideRowKind::changed);
    const bool none = report.outcome == AideOutcome::no_differences;
    if (none && all > 0) judgement.failures.emplace_back("the outline says no differences and the numbers say some");
    if (report.outcome == AideOutcome::differences && report.ended && all == 0) {
        judgement.failures.emplace_back("the outline says differences and the numbers say none");
    }
}

// What the report does not cover: it raises what it says and takes nothing back.
void find_omissions(const AideReport& report, const AideExpectations& expected, Reasons& omissions) {
    if (report.outcome == AideOutcome::initialized) omissions.emplace_back("a database was made, nothing was checked");
    if (report.outcome == AideOutcome::compared) omissions.emplace_back("two databases were compared, no files");
    if (!expected.baseline_readable) omissions.emplace_back("the accepted baseline cannot be read");
    if (!report.limit.empty()) omissions.push_back("only paths that match " + escape_cut(report.limit, max_reason));
    if (report.root_prefix != expected.root_prefix) {
        omissions.push_back("another tree: root_prefix is \"" + escape_cut(report.root_prefix, max_reason) + "\"");
    }
}

bool baseline_lost(const AideReport& report) {
    return report.stated.total.value_or(0) > 0 && stated(report, AideRowKind::added) >= *report.stated.total;
}

void tell_entries(const std::shared_ptr<const AideReport>& report, Look& look) {
    look.scope.source = "aide";
    look.scope.kinds = {&kinds::aide_entry_added, &kinds::aide_entry_removed, &kinds::aide_entry_changed,
                        &kinds::aide_entry_flood};
    // A new database's entries are no differences, what differs between two databases is no file's state, and against a
    // lost one everything is "added".
    const bool no_check = report->outcome == AideOutcome::initialized || report->outcome == AideOutcome::compared;
    if (no_check || baseline_lost(*report)) return;
    const std::size_t told = report->rows_trusted ? report->rows.size() : 0;
    if (report->rows_seen() > told) look.seen.push_back(flood_observation(*report, told));
    for (std::size_t i = 0; i < told; ++i)
        look.seen.push_back(entry_observation(report->rows[i], *report));
    look.still_present = [report](const Violation& violation) {
        const auto* path = violation.details.find("path") == violation.details.end()
                               ? nullptr
                               : violation.details.at("path").get<Bytes>();
        if (path == nullptr) return false;
        for (const auto kind : {AideRowKind::added, AideRowKind::removed, AideRowKind::changed}) {
            if (violation.kind == entry_kind(kind).name) return report->paths.contains(kind, path->data);
        }
        return false;
    };
}

}  // namespace

AideJudgement judge(const std::shared_ptr<const AideReport>& report, const AideRun& run,
                    const AideExpectations& expected) {
    AideJudgement judgement;
    judgement.end = report->end;
    judgement.database = stated_database(*report);
    judgement.no_database = report->wrapper && report->wrapper->no_database;
    // The most telling reason comes first: it is the summary.
    check_errors(*report, run, judgement.failures);
    check_exit_code(*report, run, judgement.failures);
    check_form(*report, judgement.failures);
    check_numbers(*report, expected, judgement);
    check_agreement(*report, judgement);
    check_database(*report, expected, judgement);
    // Rule (g): an old clean report that is put there again takes nothing back.
    if (report->ended && report->end < expected.last_end && expected.last_end <= expected.now) {
        judgement.failures.emplace_back("the report is older than one that was read before");
    }
    find_omissions(*report, expected, judgement.omissions);
    tell_entries(report, judgement.entries);
    judgement.finished = judgement.failures.empty() && judgement.omissions.empty();
    judgement.entries.complete = judgement.finished;
    return judgement;
}

Look look_at_paths(const AideReport& report, const std::vector<std::string>& paths) {
    Look look;
    look.scope.source = "aide";
    look.scope.kinds = {&kinds::aide_entry_added, &kinds::aide_entry_removed, &kinds::aide_entry_changed};
    look.scope.subjects.emplace();
    for (const std::string& path : paths)
        look.scope.subjects->push_back(escape(path));
    for (const AideRow& row : report.rows) {
        if (std::ranges::find(paths, row.path) == paths.end()) continue;
        look.seen.push_back(entry_observation(row, report));
        look.seen.back().context.insert_or_assign(std::string(path_check_mark), true);
    }
    look.complete = true;
    return look;
}

Look look_at_path_checks(const std::string& failure) {
    constexpr std::string_view subject = "paths";
    Look look;
    look.scope.source = "aide";
    look.scope.kinds = {&kinds::aide_check_failed};
    look.scope.subjects = {{std::string(subject)}};
    look.complete = true;
    if (!failure.empty()) look.seen.push_back(check_failed(subject, {escape_cut(failure, 512)}));
    return look;
}

std::string stated_digest(const AideReport& report, const std::function<bool(const std::string& path)>& wanted) {
    for (const auto& database : report.databases) {
        if (database.algorithm != "sha256" || !wanted(database.path)) continue;
        if (database.digest.size() == 64) return from_hex(database.digest) ? database.digest : "";
        const auto bytes = from_base64(database.digest);
        return bytes ? to_hex(*bytes) : "";
    }
    return "";
}

Observation check_failed(std::string_view subject, const std::vector<std::string>& reasons) {
    Observation seen;
    seen.kind = &kinds::aide_check_failed;
    seen.subject = subject;
    ValueList list;
    for (const auto& reason : reasons)
        list.emplace_back(reason);
    seen.summary = reasons.empty() ? "" : reasons.front();
    seen.evidence["reasons"] = std::move(list);
    return seen;
}

bool exits_with_report(int code) {
    return code >= 0 && code <= (added_bit | removed_bit | changed_bit);
}

std::string_view exit_code_meaning(int code) {
    switch (code) {
        case first_error:
            return "an error while writing";
        case 15:
            return "an invalid argument";
        case 16:
            return "a function that is not implemented";
        case 17:
        case 255:
            return "a wrong configuration";
        case 18:
            return "an input or output error, as when the database is missing";
        case 19:
            return "a version that does not fit";
        case 20:
            return "a program that could not be run";
        case 21:
            return "the database is locked";
        case 22:
            return "no memory";
        case 23:
            return "a thread failed";
        case 24:
            return "the database is damaged";
        case 25:
            return "a signal";
        case 250:
            return "AIDE is not installed";
        default:
            return "unknown";
    }
}

}  // namespace integrityd
