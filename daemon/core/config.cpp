// The effective entries as the typed Config.
#include "core/config.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <tuple>

#include "core/canonical_json.hpp"
#include "core/config_check.hpp"

namespace integrityd {

namespace {

Severity severity_of(const EffectiveEntry& entry, std::string_view key) {
    return parse_severity(entry.text(key)).value_or(Severity::low);
}

Enabled enabled_of(const EffectiveEntry& entry) {
    if (entry.text("enabled") == "auto") return Enabled::automatic;
    return entry.flag("enabled") ? Enabled::yes : Enabled::no;
}

Duration duration_of(const EffectiveEntry& entry, std::string_view key) {
    return Duration(entry.number(key));
}

RecipientConfig recipient_of(const EffectiveEntry& entry) {
    static const std::map<std::string_view, RecipientType> types = {{"journal", RecipientType::journal},
                                                                    {"syslog", RecipientType::syslog},
                                                                    {"dbus", RecipientType::dbus},
                                                                    {"unix", RecipientType::unix_socket}};
    const auto type = types.find(entry.text("type"));
    return {.name = std::string(entry.text("name")),
            .type = type != types.end() ? type->second : RecipientType::journal,
            .target = std::string(entry.text("target")),
            .min_severity = severity_of(entry, "min_severity"),
            .sources = entry.texts("sources"),
            .required = entry.flag("required")};
}

SeverityRule severity_rule_of(const EffectiveEntry& entry) {
    return {.name = std::string(entry.text("name")),
            .kind = std::string(entry.text("kind")),
            .subject = std::string(entry.text("subject")),
            .severity = severity_of(entry, "severity"),
            .until = entry.number("until"),
            .reason = std::string(entry.text("reason"))};
}

AideConfig aide_of(const EffectiveEntry& entry) {
    return {.enabled = enabled_of(entry),
            .report_log = std::string(entry.text("report_log")),
            .config = std::string(entry.text("config")),
            .database = std::string(entry.text("database")),
            .check_command = entry.texts("check_command"),
            .check_interval = duration_of(entry, "check_interval"),
            .check_timeout = duration_of(entry, "check_timeout"),
            .path_command = entry.texts("path_command"),
            .database_command = entry.texts("database_command"),
            .max_age = duration_of(entry, "max_age"),
            .max_entries = static_cast<std::uint32_t>(entry.number("max_entries"))};
}

std::optional<std::uint32_t> optional_number(const EffectiveEntry& entry, std::string_view key) {
    if (!entry.has(key)) return std::nullopt;
    return static_cast<std::uint32_t>(entry.number(key));
}

AuditRule audit_rule_of(const EffectiveEntry& entry) {
    return {.name = std::string(entry.text("name")),
            .key = std::string(entry.text("key")),
            .type = std::string(entry.text("type")),
            .exe = std::string(entry.text("exe")),
            .auid = optional_number(entry, "auid"),
            .uid = optional_number(entry, "uid"),
            .path = std::string(entry.text("path")),
            .syscall = std::string(entry.text("syscall")),
            .success = entry.has("success") ? std::optional(entry.flag("success")) : std::nullopt,
            .severity = severity_of(entry, "severity"),
            .threshold = static_cast<std::uint32_t>(entry.number("threshold")),
            .window = duration_of(entry, "window")};
}

// The rules are entries of their own, which stand behind this one.
AuditConfig audit_of(const EffectiveEntry& entry) {
    return {.enabled = enabled_of(entry),
            .log = std::string(entry.text("log")),
            .config = std::string(entry.text("config")),
            .netlink = entry.flag("netlink"),
            .login_failures = static_cast<std::uint32_t>(entry.number("login_failures")),
            .login_window = duration_of(entry, "login_window"),
            .rules = {}};
}

TlsEndpoint tls_endpoint_of(const EffectiveEntry& entry) {
    static const std::map<std::string_view, TlsProbe> probes = {
        {"auto", TlsProbe::automatic}, {"negotiated", TlsProbe::negotiated}, {"full", TlsProbe::full}};
    const auto probe = probes.find(entry.text("probe"));
    return {.name = std::string(entry.text("name")),
            .address = std::string(entry.text("address")),
            .server_name = std::string(entry.text("server_name")),
            .ca_file = std::string(entry.text("ca_file")),
            .spki_sha256 = entry.texts("spki_sha256"),
            .client_certificate = std::string(entry.text("client_certificate")),
            .client_key = std::string(entry.text("client_key")),
            .alpn = entry.texts("alpn"),
            .starttls = std::string(entry.text("starttls")),
            .probe = probe != probes.end() ? probe->second : TlsProbe::automatic,
            .required = entry.flag("required")};
}

TlsConfig tls_of(const EffectiveEntry& entry) {
    return {.enabled = enabled_of(entry),
            .interval = duration_of(entry, "interval"),
            .timeout = duration_of(entry, "timeout"),
            .policy = std::string(entry.text("policy")),
            .expiring = duration_of(entry, "expiring"),
            .endpoints = {}};
}

LuksVolume luks_volume_of(const EffectiveEntry& entry) {
    LuksVolume volume = {.name = std::string(entry.text("name")),
                         .device = std::string(entry.text("device")),
                         .mapping = std::string(entry.text("mapping")),
                         .mount = std::string(entry.text("mount")),
                         .pcrs = {},
                         .pcr_bank = std::string(entry.text("pcr_bank")),
                         .keyslots = entry.texts("keyslots")};
    for (const std::int64_t pcr : entry.numbers("pcrs"))
        volume.pcrs.push_back(static_cast<std::uint32_t>(pcr));
    return volume;
}

LuksConfig luks_of(const EffectiveEntry& entry) {
    return {.enabled = enabled_of(entry), .interval = duration_of(entry, "interval"), .volumes = {}};
}

BootConfig boot_of(const EffectiveEntry& entry) {
    return {.enabled = enabled_of(entry),
            .interval = duration_of(entry, "interval"),
            .event_log = std::string(entry.text("event_log")),
            .ima_log = std::string(entry.text("ima_log")),
            .efivars = std::string(entry.text("efivars")),
            .root_hash = entry.texts("root_hash")};
}

TpmConfig tpm_of(const EffectiveEntry& entry) {
    return {.tcti = std::string(entry.text("tcti")),
            .lockout_threshold = static_cast<std::uint32_t>(entry.number("lockout_threshold"))};
}

void take_daemon(const EffectiveEntry& entry, Config& config) {
    config.state_dir = entry.text("state_dir");
    config.runtime_dir = entry.text("runtime_dir");
    config.broker = entry.text("broker");
    config.violated_at = severity_of(entry, "violated_at");
    config.log_level = entry.text("log_level");
}

void take_store(const EffectiveEntry& entry, Config& config) {
    config.store_max_size = entry.number("max_size");
    config.store_keep = duration_of(entry, "keep");
    config.flush_repeats = duration_of(entry, "flush_repeats");
}

void take(const EffectiveEntry& entry, Config& config) {
    const std::string_view section = entry.section->name;
    if (section == "daemon") take_daemon(entry, config);
    if (section == "store") take_store(entry, config);
    if (section == "notify.recipient") config.recipients.push_back(recipient_of(entry));
    if (section == "severity.rule") config.severity_rules.push_back(severity_rule_of(entry));
    if (section == "aide") config.aide = aide_of(entry);
    if (section == "audit") config.audit = audit_of(entry);
    if (section == "audit.rule") config.audit.rules.push_back(audit_rule_of(entry));
    if (section == "tls") config.tls = tls_of(entry);
    if (section == "tls.endpoint") config.tls.endpoints.push_back(tls_endpoint_of(entry));
    if (section == "tpm") config.tpm = tpm_of(entry);
    if (section == "luks") config.luks = luks_of(entry);
    if (section == "luks.volume") config.luks.volumes.push_back(luks_volume_of(entry));
    if (section == "boot") config.boot = boot_of(entry);
    if (section == "reaction") {
        config.reaction = {.min_severity = severity_of(entry, "min_severity"),
                           .sources = entry.texts("sources"),
                           .restore_when_returned = entry.text("restore") == "returned"};
    }
}

}  // namespace

std::string to_string(const ConfigProblem& problem) {
    return fmt::format("{}:{}:{}: {}", problem.file, problem.line, problem.column, problem.message);
}

LoadedConfig load_config(const ConfigSource& source) {
    LoadedConfig loaded;
    const ConfigNode merged = read_config_files(source, loaded.problems);
    const std::vector<EffectiveEntry> entries = effective_entries(merged);
    check_whole(entries, loaded.problems);
    for (const EffectiveEntry& entry : entries)
        take(entry, loaded.config);
    loaded.config.canonical = canonical_json(Value(to_value(entries)));
    std::ranges::sort(loaded.problems, {}, [](const ConfigProblem& problem) {
        return std::tie(problem.file, problem.line, problem.column, problem.message);
    });
    return loaded;
}

}  // namespace integrityd
