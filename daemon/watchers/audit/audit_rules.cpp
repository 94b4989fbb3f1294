#include "watchers/audit/audit_rules.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "catalogue_kinds.hpp"
#include "core/escape.hpp"
#include "sources/audit_types.hpp"
#include "watchers/audit/audit_builtin.hpp"

namespace integrityd {

namespace {

// What people look at to see what happened: a handful of records. The log itself has the rest.
constexpr std::size_t longest_records = 4096;

// Its directory; or the file alone where it lies in one that is everybody's (/etc/aide.conf, /var/log/aide.log).
std::string place_of(const std::string& path) {
    constexpr std::array shared = {"/", "/etc/", "/run/", "/tmp/", "/var/", "/var/lib/", "/var/log/", "/var/tmp/"};
    std::string directory = (std::filesystem::path(path).parent_path() / "").string();
    return std::ranges::find(shared, directory) != shared.end() ? path : directory;
}

// Where Debian keeps what programs trust.
constexpr std::array trust_stores = {"/etc/ssl/",
                                     "/etc/ca-certificates/",
                                     "/etc/ca-certificates.conf",
                                     "/usr/share/ca-certificates/",
                                     "/usr/local/share/ca-certificates/",
                                     "/usr/share/swupdate-signing/"};

std::vector<std::string> protected_places(const Config& config) {
    std::vector<std::string> places(trust_stores.begin(), trust_stores.end());
    for (const std::string& path : {config.aide.config, config.aide.database, config.aide.report_log, config.audit.log,
                                    config.audit.config, config.state_dir + "/x", config.runtime_dir + "/x"})
        places.push_back(place_of(path));
    for (const char* const own : {"/etc/integrityd/", "/usr/lib/integrityd/", "/usr/libexec/integrityd/"})
        places.emplace_back(own);
    return places;
}

bool is_below(const std::string& path, const std::string& place) {
    return path.starts_with(place) || (place.ends_with('/') && path + "/" == place);
}

std::string subject_of(const AuditRule& rule, const AuditAct& act) {
    const AuditPath* const object = act.object();
    const std::string& what = object != nullptr ? object->path : act.exe;
    return what.empty() ? escape(rule.name) : escape(rule.name) + ": " + escape_cut(what, 4096);
}

void set(ValueMap& map, const char* name, std::string_view value) {
    if (!value.empty()) map[name] = escape_cut(value, 1024);
}

}  // namespace

bool matches(const AuditRule& rule, const AuditAct& act) {
    if (!rule.key.empty() && std::ranges::find(act.keys, rule.key) == act.keys.end()) return false;
    if (!rule.type.empty() && std::ranges::find(act.types, rule.type) == act.types.end()) return false;
    if (!rule.exe.empty() && act.exe != rule.exe) return false;
    if (rule.auid && act.auid.value_or(UINT32_MAX) != *rule.auid) return false;
    if (rule.uid && act.uid != rule.uid) return false;
    if (!rule.syscall.empty() && act.syscall != rule.syscall) return false;
    if (rule.success && act.result != (*rule.success ? AuditResult::success : AuditResult::failure)) return false;
    if (rule.path.empty()) return true;
    return std::ranges::any_of(act.paths, [&rule](const AuditPath& path) { return path.path.starts_with(rule.path); });
}

Observation audit_observation(const Kind& kind, std::string subject, const AuditAct& act, const AuditEvent& event) {
    Observation seen{.kind = &kind, .subject = std::move(subject)};
    set(seen.evidence, "type", act.type_name);
    set(seen.evidence, "syscall", act.syscall);
    set(seen.evidence, "actor_exe", act.exe);
    if (act.auid) seen.evidence["actor_auid"] = std::uint64_t{*act.auid};
    if (act.uid) seen.evidence["actor_uid"] = std::uint64_t{*act.uid};
    if (act.result != AuditResult::unknown) seen.evidence["success"] = act.result == AuditResult::success;
    if (const AuditPath* const object = act.object()) seen.evidence["path"] = Bytes{object->path};
    seen.context["actor"] = act.actor();
    seen.context["audit"] = audit_evidence_text(event, longest_records);
    return seen;
}

AuditRules::AuditRules(const Config& config) : rules_(config.audit.rules), protected_(protected_places(config)) {}

const AuditRule* AuditRules::find(std::string_view name) const {
    const auto found = std::ranges::find(rules_, name, &AuditRule::name);
    return found != rules_.end() ? &*found : nullptr;
}

AuditInterests AuditRules::interests() const {
    AuditInterests interests{.types = builtin_types(), .write_syscalls = true, .refused_syscalls = true};
    for (const AuditRule& rule : rules_) {
        const std::uint16_t type = rule.type.empty() ? audit_type::unknown : audit_type_number(rule.type);
        if (type != audit_type::unknown && type != audit_type::syscall) {
            interests.types.push_back(type);
        } else if (!rule.type.empty() && type == audit_type::unknown) {
            interests.unknown_types = true;
        } else if (!rule.key.empty()) {
            interests.keys.push_back(rule.key);
        } else {
            interests.all_syscalls = true;  // nothing that could be seen without the fields
        }
    }
    return interests;
}

std::vector<AuditFinding> AuditRules::judge(const AuditAct& act, const AuditEvent& event) const {
    std::vector<AuditFinding> findings;
    for (const AuditRule& rule : rules_) {
        if (matches(rule, act)) findings.push_back(finding_of(rule, act, event));
    }
    if (const AuditPath* const refused = find_refused_attempt(act)) {
        const std::string& who = act.exe.empty() ? act.comm : act.exe;
        AuditFinding finding{.rule = "refused attempts"};
        finding.seen = audit_observation(kinds::audit_attempt_denied, escape_cut(who, 4096), act, event);
        finding.seen.summary = "was refused: " + std::string(act.syscall.empty() ? "an access" : act.syscall) + " of " +
                               escape_cut(refused->path, 1024);
        findings.push_back(std::move(finding));
    } else if (auto finding = builtin_finding(act, event)) {
        findings.push_back(std::move(*finding));
    }
    return findings;
}

AuditFinding AuditRules::finding_of(const AuditRule& rule, const AuditAct& act, const AuditEvent& event) const {
    AuditFinding finding{.rule = rule.name};
    finding.seen = audit_observation(kinds::audit_rule_matched, subject_of(rule, act), act, event);
    finding.seen.severity = rule.severity;
    finding.seen.evidence["rule"] = escape(rule.name);
    const std::string_view what = act.syscall.empty() ? act.type_name : act.syscall;
    // Not by whom: readers see the summary, and not the actor.
    finding.seen.summary = escape_cut(what, 64) + (act.result == AuditResult::failure ? " was refused" : "");
    return finding;
}

// The attempt counts, not the success (IEC 62443-4-2, CR 3.4 RE(2)).
const AuditPath* AuditRules::find_refused_attempt(const AuditAct& act) const {
    if (act.exit_code != -EACCES && act.exit_code != -EPERM) return nullptr;
    const auto found = std::ranges::find_if(act.paths, [this](const AuditPath& path) {
        return path.role != AuditPathRole::parent &&
               std::ranges::any_of(protected_, [&path](const auto& place) { return is_below(path.path, place); });
    });
    return found != act.paths.end() ? &*found : nullptr;
}

}  // namespace integrityd
