#include "core/config_schema.hpp"

#include <algorithm>

namespace integrityd {

namespace {

constexpr std::string_view watchers = "aide audit tls luks boot self";
// In milliseconds.
constexpr std::int64_t ten_years = 3650LL * 24 * 3600 * 1000;
constexpr std::int64_t second = 1000;
// Less is a slip of the pen, and no time that anything here could keep.
constexpr std::int64_t shortest = 10;

constexpr ConfigKey name_key{"name", KeyType::name, "", "", 1, 64, Presence::required};

// Short forms of the rows below.
constexpr ConfigKey text(std::string_view name, std::string_view value = "") {
    return {name, KeyType::text, value};
}
constexpr ConfigKey flag(std::string_view name, std::string_view value) {
    return {name, KeyType::boolean, value};
}
constexpr ConfigKey path(std::string_view name, std::string_view value) {
    return {name, KeyType::path, value};
}
constexpr ConfigKey path_or_empty(std::string_view name) {
    return {.name = name, .type = KeyType::path, .zero_or_empty = true};
}
constexpr ConfigKey choice(std::string_view name, std::string_view value, std::string_view allowed) {
    return {name, KeyType::choice, value, allowed};
}
constexpr ConfigKey duration(std::string_view name, std::string_view value, std::int64_t minimum) {
    return {name, KeyType::duration, value, "", minimum, ten_years};
}
constexpr ConfigKey duration_or_zero(std::string_view name, std::string_view value, std::int64_t minimum) {
    return {name, KeyType::duration, value, "", minimum, ten_years, Presence::defaulted, true};
}
constexpr ConfigKey integer(std::string_view name, std::string_view value, std::int64_t minimum, std::int64_t maximum) {
    return {name, KeyType::integer, value, "", minimum, maximum};
}
constexpr ConfigKey optional(std::string_view name, KeyType type, std::int64_t maximum = INT64_MAX) {
    return {name, type, "", "", 0, maximum, Presence::optional};
}

constexpr ConfigKey daemon_keys[] = {
    path("state_dir", "/var/lib/integrityd"),
    path("runtime_dir", "/run/integrityd"),
    path_or_empty("broker"),
    {"violated_at", KeyType::severity, "high"},
    choice("log_level", "info", "debug info warning error"),
};
constexpr ConfigKey store_keys[] = {
    // Less than 1 MiB could not hold one day of a noisy device; 1 TiB is a slip of the pen.
    {"max_size", KeyType::size, "32M", "", 1 << 20, 1LL << 40},
    duration_or_zero("keep", "400d", second),
    duration_or_zero("flush_repeats", "60s", shortest),
};
constexpr ConfigKey recipient_keys[] = {
    name_key,
    {"type", KeyType::choice, "", "journal syslog dbus unix", 0, 0, Presence::required},
    text("target"),
    {"min_severity", KeyType::rule_severity, "low"},
    {"sources", KeyType::choices, "", watchers},
    flag("required", "false"),
};
constexpr ConfigKey severity_rule_keys[] = {
    name_key,
    text("kind"),
    text("subject"),
    {"severity", KeyType::rule_severity, "", "", 0, 0, Presence::required},
    {"until", KeyType::date, ""},
    text("reason"),
};
constexpr ConfigKey reaction_keys[] = {
    {"min_severity", KeyType::severity, "critical"},
    // What the network says does not stop a machine: no tls.
    {"sources", KeyType::choices, "aide audit luks boot self", watchers},
    choice("restore", "acknowledged", "acknowledged returned"),
};
constexpr ConfigKey aide_keys[] = {
    {"enabled", KeyType::enabled, "true"},
    path("report_log", "/var/log/aide/aide.log"),
    path("config", "/etc/aide/aide.conf"),
    path("database", "/var/lib/aide/aide.db"),
    {"check_command", KeyType::texts, ""},
    // AIDE reads every file: how often is sensible depends on how many there are.
    duration_or_zero("check_interval", "0", second),
    duration("check_timeout", "2h", shortest),
    {"path_command", KeyType::texts, ""},
    {"database_command", KeyType::texts, ""},
    duration_or_zero("max_age", "26h", shortest),
    integer("max_entries", "1000", 1, 10000),
};
constexpr ConfigKey audit_keys[] = {
    {"enabled", KeyType::enabled, "true"},    path("log", "/var/log/audit/audit.log"),
    path("config", "/etc/audit/auditd.conf"), flag("netlink", "true"),
    integer("login_failures", "5", 1, 10000), duration("login_window", "5min", shortest),
};
constexpr ConfigKey audit_rule_keys[] = {
    name_key,
    text("key"),
    text("type"),
    text("exe"),
    optional("auid", KeyType::integer, UINT32_MAX),
    optional("uid", KeyType::integer, UINT32_MAX),
    text("path"),
    text("syscall"),
    optional("success", KeyType::boolean),
    {"severity", KeyType::rule_severity, "medium"},
    integer("threshold", "1", 1, 10000),
    duration("window", "1min", shortest),
};
constexpr ConfigKey tls_keys[] = {
    {"enabled", KeyType::enabled, "true"},
    // A fleet asks its backend so often: on a device it is an hour rather than a second.
    duration("interval", "1h", second),
    duration("timeout", "10s", shortest),
    text("policy", "bsi-tr-02102-2"),
    duration_or_zero("expiring", "30d", second),
};
constexpr ConfigKey tls_endpoint_keys[] = {
    name_key,
    {"address", KeyType::text, "", "", 0, 0, Presence::required},
    text("server_name"),
    path_or_empty("ca_file"),
    {"spki_sha256", KeyType::texts, ""},
    text("client_certificate"),
    text("client_key"),
    {"alpn", KeyType::texts, ""},
    {"starttls", KeyType::choice, "", "smtp imap ldap", 0, 0, Presence::defaulted, true},
    choice("probe", "auto", "auto negotiated full"),
    flag("required", "true"),
};
constexpr ConfigKey tpm_keys[] = {
    text("tcti", "device:/dev/tpmrm0"),
    integer("lockout_threshold", "3", 1, 65535),
};
constexpr ConfigKey luks_keys[] = {
    {"enabled", KeyType::enabled, "auto"},
    duration("interval", "5min", second),
};
constexpr ConfigKey luks_volume_keys[] = {
    name_key,
    {"device", KeyType::path, "", "", 0, 0, Presence::required},
    text("mapping"),
    path_or_empty("mount"),
    // A TPM of a PC has PCRs 0 to 23.
    {"pcrs", KeyType::integers, "7", "", 0, 23},
    choice("pcr_bank", "sha256", "sha1 sha256 sha384 sha512"),
    {"keyslots", KeyType::choices, "tpm2", "tpm2 clevis recovery password fido2 pkcs11"},
};
constexpr ConfigKey boot_keys[] = {
    {"enabled", KeyType::enabled, "auto"},
    duration("interval", "60s", second),
    path("event_log", "/sys/kernel/security/tpm0/binary_bios_measurements"),
    path("ima_log", "/sys/kernel/security/ima/binary_runtime_measurements"),
    path("efivars", "/sys/firmware/efi/efivars"),
    {"root_hash", KeyType::texts, ""},
};
constexpr ConfigKey baseline_keys[] = {
    path("directory", "/usr/lib/integrityd/baseline.d"),
    choice("adopt", "never", "never signed provisioning"),
};

constexpr ConfigSection sections[] = {
    {"daemon", false, daemon_keys},
    {"store", false, store_keys},
    {"notify.recipient", true, recipient_keys},
    {"severity.rule", true, severity_rule_keys},
    {"reaction", false, reaction_keys},
    {"aide", false, aide_keys},
    {"audit", false, audit_keys},
    {"audit.rule", true, audit_rule_keys},
    {"tls", false, tls_keys},
    {"tls.endpoint", true, tls_endpoint_keys},
    {"tpm", false, tpm_keys},
    {"luks", false, luks_keys},
    {"luks.volume", true, luks_volume_keys},
    {"boot", false, boot_keys},
    {"baseline", false, baseline_keys},
};

}  // namespace

std::span<const ConfigSection> config_schema() {
    return sections;
}

const ConfigSection* find_section(std::string_view name) {
    const auto* found = std::ranges::find(sections, name, &ConfigSection::name);
    return found != std::end(sections) ? found : nullptr;
}

const ConfigKey* find_key(const ConfigSection& section, std::string_view name) {
    const auto found = std::ranges::find(section.keys, name, &ConfigKey::name);
    return found != section.keys.end() ? &*found : nullptr;
}

}  // namespace integrityd
