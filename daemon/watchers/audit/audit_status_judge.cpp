#include "watchers/audit/audit_status_judge.hpp"

#include <algorithm>

#include "catalogue_kinds.hpp"
#include "core/escape.hpp"

namespace integrityd {

namespace {

constexpr std::string_view kernel_subject = "kernel";
// Of added and removed things so many are named; how many there are is said in any case.
constexpr std::size_t most_named = 32;

Look look_at(const Kind& kind) {
    Look look;
    look.scope.source = "audit";
    look.scope.kinds = {&kind};
    look.complete = true;
    return look;
}

Observation observation(const Kind& kind, std::string_view subject, std::string summary) {
    Observation seen;
    seen.kind = &kind;
    seen.subject = subject;
    seen.summary = std::move(summary);
    return seen;
}

ValueList list_of(const std::vector<std::string>& texts, std::size_t most) {
    ValueList list;
    for (const auto& text : texts) {
        if (list.size() == most) break;
        list.emplace_back(text);
    }
    return list;
}

bool contains(const std::vector<std::string>& set, const std::string& value) {
    return std::ranges::find(set, value) != set.end();
}

Look look_at_disabled(const AuditKernelStatus& kernel) {
    Look look = look_at(kinds::audit_disabled);
    if (kernel.enabled != 0) return look;
    auto seen = observation(kinds::audit_disabled, kernel_subject, "auditing is switched off in the kernel");
    seen.evidence["enabled"] = 0;
    look.seen.push_back(std::move(seen));
    return look;
}

// auditd does not run; or it runs, and writes nothing: stopped by a signal, suspended by a full disk, hung.
Look look_at_daemon(const AuditFacts& facts, const AuditAround& around) {
    Look look = look_at(kinds::audit_daemon_stopped);
    look.complete = facts.status.has_value();
    const std::uint32_t pid = facts.status ? facts.status->kernel.pid : 0;
    const bool ended = facts.status && (pid == 0 || !around.auditd_alive);
    if (!ended && !around.log_silent_since) return look;
    auto seen = observation(kinds::audit_daemon_stopped, "auditd",
                            ended ? "auditd does not run" : "auditd writes nothing although records come");
    seen.evidence["running"] = !ended;
    if (pid != 0) seen.context["pid"] = pid;
    if (facts.status) seen.context["backlog"] = facts.status->kernel.backlog;
    if (around.log_silent_since) seen.context["silent_since"] = *around.log_silent_since;
    look.seen.push_back(std::move(seen));
    return look;
}

// "1 added, 2 removed"; where the same are there, they are in another order or were accepted at another time.
std::string in_numbers(const AuditListDifference& difference) {
    if (difference.added.empty() && difference.removed.empty()) return "in another order";
    return std::to_string(difference.added.size()) + " added, " + std::to_string(difference.removed.size()) +
           " removed";
}

void add_difference(ValueMap& into, const AuditListDifference& difference) {
    into["added"] = list_of(difference.added, most_named);
    into["added_count"] = std::uint64_t{difference.added.size()};
    into["removed"] = list_of(difference.removed, most_named);
    into["removed_count"] = std::uint64_t{difference.removed.size()};
}

Look look_at_rules(const AuditFacts& facts, const AuditAccepted& accepted) {
    Look look = look_at(kinds::audit_rules_changed);
    const std::string& digest = facts.status->rules_sha256;
    if (contains(accepted.rules, digest)) return look;
    const auto difference = compare(accepted.rule_list, facts.rules());
    auto seen = observation(kinds::audit_rules_changed, "rules",
                            "the loaded audit rules are not the accepted ones: " + in_numbers(difference));
    add_difference(seen.evidence, difference);
    seen.evidence["sha256"] = digest;
    seen.evidence["accepted"] = list_of(accepted.rules, most_named);
    look.seen.push_back(std::move(seen));
    return look;
}

// Names of files that are in both lists with another digest are changed, not added and removed.
struct FileDifference {
    std::vector<std::string> changed;
    AuditListDifference others;
};
FileDifference compare_files(const std::vector<AuditNamed>& accepted, const std::vector<AuditNamed>& present) {
    FileDifference files;
    auto all = compare(accepted, present);
    for (auto& name : all.added) {
        const auto also = std::ranges::find(all.removed, name);
        if (also == all.removed.end()) {
            files.others.added.push_back(std::move(name));
            continue;
        }
        all.removed.erase(also);
        files.changed.push_back(std::move(name));
    }
    files.others.removed = std::move(all.removed);
    return files;
}

Look look_at_config(const AuditConfigFacts& config, const AuditAccepted& accepted, const std::string& path) {
    Look look = look_at(kinds::audit_config_changed);
    if (contains(accepted.configs, config.sha256)) return look;
    const auto files = compare_files(accepted.files, config.files);
    auto seen = observation(kinds::audit_config_changed, escape(path),
                            "auditd's configuration or its rules on disk are not the accepted ones: " +
                                std::to_string(files.changed.size()) + " files changed, " + in_numbers(files.others));
    add_difference(seen.evidence, files.others);
    seen.evidence["changed"] = list_of(files.changed, most_named);
    seen.evidence["changed_count"] = std::uint64_t{files.changed.size()};
    seen.evidence["path"] = Bytes{path};
    seen.evidence["sha256"] = config.sha256;
    seen.evidence["accepted"] = list_of(accepted.configs, most_named);
    look.seen.push_back(std::move(seen));
    return look;
}

ValueList names_of(const std::vector<AuditNamed>& things) {
    ValueList list;
    for (const auto& thing : things) {
        ValueMap each;
        each["name"] = thing.name;
        each["sha256"] = thing.sha256;
        list.emplace_back(std::move(each));
    }
    return list;
}

}  // namespace

std::vector<Look> judge(const AuditFacts& facts, const AuditAround& around) {
    std::vector<Look> looks;
    if (facts.status) looks.push_back(look_at_disabled(facts.status->kernel));
    if (facts.status || around.log_silent_since) looks.push_back(look_at_daemon(facts, around));
    if (!around.accepted) return looks;
    if (facts.status && !around.accepted->rules.empty()) looks.push_back(look_at_rules(facts, *around.accepted));
    if (facts.config && !around.accepted->configs.empty())
        looks.push_back(look_at_config(*facts.config, *around.accepted, around.config_path));
    return looks;
}

std::uint32_t lost_since(const std::optional<AuditLostMark>& last, const AuditLostMark& now) {
    if (!last) return 0;
    if (last->boot_id != now.boot_id || now.lost < last->lost) return now.lost;
    return now.lost - last->lost;
}

Observation records_lost(std::uint32_t records, std::uint32_t total) {
    auto seen = observation(kinds::audit_records_lost, kernel_subject,
                            "the kernel lost " + std::to_string(records) + " audit records");
    seen.evidence["records"] = records;
    seen.context["total"] = total;
    return seen;
}

Observation records_missing(const AuditMissing& missing) {
    auto seen = observation(kinds::audit_records_lost, "log",
                            std::to_string(missing.count) + " events were on the kernel's feed and are not in the log");
    seen.evidence["events"] = missing.count;
    seen.context["first_serial"] = missing.first.serial;
    seen.context["last_serial"] = missing.last.serial;
    seen.context["first_time"] = missing.first.milliseconds * 1000;
    seen.context["last_time"] = missing.last.milliseconds * 1000;
    return seen;
}

ValueMap difference(const AuditFacts& facts, const AuditAround& around) {
    const AuditAccepted accepted = around.accepted.value_or(AuditAccepted{});
    ValueMap all;
    if (facts.status) {
        ValueMap rules;
        add_difference(rules, compare(accepted.rule_list, facts.rules()));
        rules["sha256"] = facts.status->rules_sha256;
        rules["accepted"] = list_of(accepted.rules, most_named);
        rules["count"] = std::uint64_t{facts.status->rules.size()};
        all["rules"] = std::move(rules);
    }
    if (facts.config) {
        const auto files = compare_files(accepted.files, facts.config->files);
        ValueMap config;
        add_difference(config, files.others);
        config["changed"] = list_of(files.changed, most_named);
        config["name"] = escape(around.config_path);
        config["sha256"] = facts.config->sha256;
        config["accepted"] = list_of(accepted.configs, most_named);
        config["files"] = names_of(facts.config->files);
        all["config"] = std::move(config);
    }
    return all;
}

}  // namespace integrityd
