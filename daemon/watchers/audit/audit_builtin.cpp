#include "watchers/audit/audit_builtin.hpp"

#include <algorithm>
#include <array>

#include "catalogue_kinds.hpp"
#include "core/escape.hpp"
#include "sources/audit_types.hpp"
#include "watchers/audit/audit_rules.hpp"

namespace integrityd {

namespace {

// What an ordinary day brings weighs nothing more than `low`.
struct ToldType {
    std::string_view type;
    std::string_view rule;
    Severity severity;
};

constexpr std::array told_types = {
    ToldType{"ADD_USER", "accounts", Severity::medium},
    ToldType{"DEL_USER", "accounts", Severity::medium},
    ToldType{"ADD_GROUP", "accounts", Severity::medium},
    ToldType{"DEL_GROUP", "accounts", Severity::medium},
    ToldType{"USER_MGMT", "accounts", Severity::medium},
    ToldType{"GRP_MGMT", "accounts", Severity::medium},
    ToldType{"USER_CHAUTHTOK", "accounts", Severity::medium},
    ToldType{"GRP_CHAUTHTOK", "accounts", Severity::medium},
    ToldType{"ACCT_LOCK", "accounts", Severity::low},
    ToldType{"ACCT_UNLOCK", "accounts", Severity::medium},
    ToldType{"ROLE_ASSIGN", "accounts", Severity::medium},
    ToldType{"ROLE_REMOVE", "accounts", Severity::medium},
    ToldType{"DAEMON_ABORT", "audit daemon", Severity::high},
    ToldType{"DAEMON_ERR", "audit daemon", Severity::high},
    ToldType{"DAEMON_RESUME", "audit daemon", Severity::low},
    ToldType{"FEATURE_CHANGE", "audit features", Severity::medium},
    ToldType{"MAC_POLICY_LOAD", "access control policy", Severity::low},
    ToldType{"MAC_CONFIG_CHANGE", "access control policy", Severity::medium},
};

constexpr std::uint16_t mac_status = 1404;
constexpr std::array<std::uint16_t, 2> other_types = {audit_type::access_vector_cache, mac_status};

bool in_range(std::uint16_t type, std::uint16_t first, std::uint16_t last) {
    return type >= first && type <= last;
}
// Kernel's and programs' anomalies (ANOM_*), and the kernel's integrity subsystem (INTEGRITY_*): <linux/audit.h>.
bool is_anomaly(std::uint16_t type) {
    return in_range(type, 1700, 1799) || in_range(type, 2100, 2199);
}
bool is_integrity(std::uint16_t type) {
    return in_range(type, 1800, 1899);
}

std::string text_of(const AuditRecord& record, std::string_view name) {
    return find_text(record, name).value_or("");
}

// The account, or the program.
std::string subject_of(const AuditAct& act, const AuditRecord& record, std::initializer_list<const char*> names) {
    for (const char* const name : names) {
        if (const std::string text = text_of(record, name); !text.empty()) return escape_cut(text, 4096);
    }
    const std::string& program = act.exe.empty() ? act.comm : act.exe;
    return program.empty() ? std::string(act.type_name) : escape_cut(program, 4096);
}

AuditFinding finding(std::string_view rule, const Kind& kind, std::string subject, const AuditAct& act,
                     const AuditEvent& event) {
    AuditFinding made{.rule = std::string(rule)};
    made.seen = audit_observation(kind, std::move(subject), act, event);
    made.seen.summary = escape_cut(act.type_name, 64);
    return made;
}

std::optional<AuditFinding> told_type(const AuditAct& act, const AuditEvent& event) {
    const auto told = std::ranges::find(told_types, act.type_name, &ToldType::type);
    if (told == told_types.end()) return std::nullopt;
    const std::string what = subject_of(act, event.records.front(), {"acct", "grp", "id"});
    auto made = finding(told->rule, kinds::audit_rule_matched, std::string(told->rule) + ": " + what, act, event);
    made.seen.severity = told->severity;
    if (const std::string operation = text_of(event.records.front(), "op"); !operation.empty())
        made.seen.evidence["operation"] = escape_cut(operation, 256);
    return made;
}

// It may be on again before anybody has looked at the status, and nothing ordinary does it, a service neither.
AuditFinding switched_off(const AuditAct& act, const AuditEvent& event, const AuditRecord& record) {
    auto made =
        finding("audit switched off", kinds::audit_rule_matched, "audit configuration: audit_enabled=0", act, event);
    const bool done = result_of(record) != AuditResult::failure;
    made.seen.summary = done ? "auditing was switched off" : "auditing is locked, and somebody tried to switch it off";
    made.seen.severity = done ? Severity::critical : Severity::medium;
    return made;
}

// Whoever logged in and changes what is recorded. Services do it at boot (no auid): the watch of status tells whether
// the outcome is the accepted one.
std::optional<AuditFinding> config_change(const AuditAct& act, const AuditEvent& event) {
    const auto off = std::ranges::find_if(event.records, switches_audit_off);
    if (off != event.records.end()) return switched_off(act, event, *off);
    if (!act.auid) return std::nullopt;
    const AuditRecord& record = event.records.front();
    const auto field = find_field(record, "op");
    const std::string operation = field ? escape_cut(field->value, 256) : "set";
    auto made =
        finding("audit configuration", kinds::audit_rule_matched, "audit configuration: " + operation, act, event);
    made.seen.evidence["operation"] = operation;
    made.seen.severity = Severity::medium;
    return made;
}

// Who listens to the kernel's feed beside those who do so on every device: our broker (or daemon) and the journal.
constexpr std::array listeners = {"/usr/libexec/integrityd/integrityd-broker", "/usr/libexec/integrityd/integrityd",
                                  "/usr/lib/systemd/systemd-journald", "/lib/systemd/systemd-journald"};

std::optional<AuditFinding> listener(const AuditAct& act, const AuditEvent& event, const AuditRecord& record) {
    const auto operation = find_field(record, "op");
    const bool known = std::ranges::find(listeners, act.exe) != listeners.end();
    if (known || !operation || operation->value != "connect") return std::nullopt;
    auto made = finding("audit listeners", kinds::audit_rule_matched,
                        "audit listeners: " + subject_of(act, record, {"exe", "comm"}), act, event);
    made.seen.summary = "reads audit records as they happen";
    made.seen.severity = Severity::low;
    return made;
}

// AIDE tells its findings in a report, which is read when it is written: its record is no second one.
bool is_of_aide(const AuditAct& act) {
    return act.type_name == "ANOM_RBAC_INTEGRITY_FAIL" && act.exe.ends_with("/aide");
}

// op=appraise_data cause=invalid-hash … res=0; what succeeded is no news.
std::optional<AuditFinding> integrity(const AuditAct& act, const AuditEvent& event) {
    const auto record = std::ranges::find_if(event.records, [](const auto& each) { return is_integrity(each.number); });
    if (record == event.records.end() || result_of(*record) == AuditResult::success) return std::nullopt;
    auto made = finding("integrity", kinds::audit_integrity, subject_of(act, *record, {"name"}), act, event);
    const std::string cause = text_of(*record, "cause");
    made.seen.summary =
        cause.empty() ? "the kernel refused a file" : "the kernel refused a file: " + escape_cut(cause, 256);
    return made;
}

// A profile that is unloaded protects no longer; one that is loaded does.
std::optional<AuditFinding> apparmor_status(const AuditAct& act, const AuditEvent& event, const AuditRecord& record) {
    const std::string operation = text_of(record, "operation");
    const bool removed = operation == "profile_remove";
    if (!removed && operation != "profile_load" && operation != "profile_replace") return std::nullopt;
    auto made = finding("access control", kinds::audit_mac_disabled, subject_of(act, record, {"name"}), act, event);
    made.seen.summary = "the AppArmor profile was removed";
    made.over = !removed;
    return made;
}

std::optional<AuditFinding> access_vector(const AuditAct& act, const AuditEvent& event, const AuditRecord& record) {
    const auto apparmor = find_field(record, "apparmor");
    if (apparmor && apparmor->value == "STATUS") return apparmor_status(act, event, record);
    const auto selinux = find_field(record, "seresult");
    const bool denied = apparmor ? apparmor->value == "DENIED" : selinux && selinux->value == "denied";
    if (!denied) return std::nullopt;
    auto made =
        finding("access control", kinds::audit_denied, subject_of(act, record, {"profile", "scontext"}), act, event);
    const std::string operation = text_of(record, "operation");
    made.seen.summary = "was denied " + (operation.empty() ? std::string("an access") : escape_cut(operation, 64));
    if (const std::string name = text_of(record, "name"); !name.empty())
        made.seen.summary += " of " + escape_cut(name, 1024);
    return made;
}

// enforcing=0 old_enforcing=1
std::optional<AuditFinding> selinux_status(const AuditAct& act, const AuditEvent& event, const AuditRecord& record) {
    const auto enforcing = find_field(record, "enforcing");
    if (!enforcing) return std::nullopt;
    auto made = finding("access control", kinds::audit_mac_disabled, "SELinux", act, event);
    made.seen.summary = "SELinux does not enforce its policy";
    made.over = enforcing->value == "1";
    return made;
}

const AuditRecord* find_record(const AuditEvent& event, std::uint16_t type) {
    const auto found = std::ranges::find(event.records, type, &AuditRecord::number);
    return found != event.records.end() ? &*found : nullptr;
}

}  // namespace

// op=set audit_enabled=0 old=1 …; where it was off before nothing was switched off.
bool switches_audit_off(const AuditRecord& record) {
    if (record.number != audit_type::config_change) return false;
    const auto enabled = find_field(record, "audit_enabled");
    const auto before = find_field(record, "old");
    return enabled && enabled->value == "0" && !(before && before->value == "0");
}

std::vector<std::uint16_t> builtin_types() {
    std::vector<std::uint16_t> types(other_types.begin(), other_types.end());
    types.push_back(audit_type::config_change);
    types.push_back(audit_type::event_listener);
    for (const ToldType& told : told_types)
        types.push_back(audit_type_number(told.type));
    for (std::uint16_t type = 1700; type <= 2199; ++type) {
        if (is_anomaly(type) || is_integrity(type)) types.push_back(type);
    }
    return types;
}

std::optional<AuditFinding> builtin_finding(const AuditAct& act, const AuditEvent& event) {
    if (event.records.empty()) return std::nullopt;
    if (const AuditRecord* const record = find_record(event, audit_type::access_vector_cache))
        return access_vector(act, event, *record);
    if (const AuditRecord* const record = find_record(event, mac_status)) return selinux_status(act, event, *record);
    if (const AuditRecord* const record = find_record(event, audit_type::event_listener))
        return listener(act, event, *record);
    if (find_record(event, audit_type::config_change) != nullptr) return config_change(act, event);
    if (auto made = integrity(act, event)) return made;
    const auto anomaly = std::ranges::find_if(event.records, [](const auto& each) { return is_anomaly(each.number); });
    if (anomaly == event.records.end()) return told_type(act, event);
    if (is_of_aide(act)) return std::nullopt;
    auto made = finding("anomalies", kinds::audit_anomaly, subject_of(act, *anomaly, {"exe", "dev"}), act, event);
    made.seen.summary = escape_cut(anomaly->type, 64);
    return made;
}

}  // namespace integrityd
