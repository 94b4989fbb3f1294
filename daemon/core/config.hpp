// Config: the effective configuration (contract section 9), read from TOML with drop-ins.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/event_loop.hpp"
#include "core/result.hpp"
#include "core/severity.hpp"
#include "core/values.hpp"

namespace integrityd {

enum class Enabled : std::uint8_t { no, yes, automatic };
enum class RecipientType : std::uint8_t { journal, syslog, dbus, unix_socket };

struct RecipientConfig {
    std::string name;
    RecipientType type = RecipientType::journal;
    std::string target;
    Severity min_severity = Severity::low;
    std::vector<std::string> sources;
    bool required = false;
};

struct SeverityRule {
    std::string name;
    std::string kind;     // a kind, or a glob over kinds; empty: any
    std::string subject;  // glob; empty: any
    Severity severity = Severity::low;
    WallTime until = 0;  // 0: for good
    std::string reason;

    bool operator==(const SeverityRule&) const = default;
};

struct ReactionConfig {
    Severity min_severity = Severity::critical;
    std::vector<std::string> sources = {"aide", "audit", "luks", "boot", "self"};
    bool restore_when_returned = false;  // else only when acknowledged
};

struct AideConfig {
    Enabled enabled = Enabled::yes;
    std::string report_log = "/var/log/aide/aide.log";
    std::string config = "/etc/aide/aide.conf";
    std::string database = "/var/lib/aide/aide.db";
    std::vector<std::string> check_command;
    Duration check_interval{0};                      // 0: only when asked
    Duration check_timeout = std::chrono::hours(2);  // a check that runs longer is ended
    std::vector<std::string> path_command;           // empty: no check of single files
    std::vector<std::string> database_command;       // empty: no new database is made
    Duration max_age = std::chrono::hours(26);
    std::uint32_t max_entries = 1000;

    bool operator==(const AideConfig&) const = default;
};

// What a record must have; what is not set is not asked for.
struct AuditRule {
    std::string name;
    std::string key;
    std::string type;
    std::string exe;
    std::optional<std::uint32_t> auid;
    std::optional<std::uint32_t> uid;
    std::string path;  // a prefix
    std::string syscall;
    std::optional<bool> success;
    Severity severity = Severity::medium;
    std::uint32_t threshold = 1;  // told from so many on ...
    Duration window{0};           // ... within this time

    bool operator==(const AuditRule&) const = default;
};

struct AuditConfig {
    Enabled enabled = Enabled::yes;
    std::string log = "/var/log/audit/audit.log";
    std::string config = "/etc/audit/auditd.conf";
    bool netlink = true;
    std::uint32_t login_failures = 5;
    Duration login_window = std::chrono::minutes(5);
    std::vector<AuditRule> rules;

    bool operator==(const AuditConfig&) const = default;
};

enum class TlsProbe : std::uint8_t { automatic, negotiated, full };

struct TlsEndpoint {
    std::string name;
    std::string address;      // HOST:PORT
    std::string server_name;  // empty: the host of the address
    std::string ca_file;      // empty: the system's authorities
    std::vector<std::string> spki_sha256;
    std::string client_certificate;  // a file, or a URI that a provider of OpenSSL opens
    std::string client_key;
    std::vector<std::string> alpn;  // protocols to offer (RFC 7301)
    std::string starttls;           // smtp, imap, ldap; empty: TLS at once
    TlsProbe probe = TlsProbe::automatic;
    bool required = true;

    bool operator==(const TlsEndpoint&) const = default;
};

struct TlsConfig {
    Enabled enabled = Enabled::yes;
    Duration interval = std::chrono::hours(1);
    Duration timeout = std::chrono::seconds(10);
    std::string policy = "bsi-tr-02102-2";
    Duration expiring = std::chrono::hours(24 * 30);  // 0: never said
    std::vector<TlsEndpoint> endpoints;

    bool operator==(const TlsConfig&) const = default;
};

struct TpmConfig {
    std::string tcti = "device:/dev/tpmrm0";
    std::uint32_t lockout_threshold = 3;  // wrong authorisations

    bool operator==(const TpmConfig&) const = default;
};

struct LuksVolume {
    std::string name;
    std::string device;
    std::string mapping;  // empty: only the header is judged
    std::string mount;
    std::vector<std::uint32_t> pcrs = {7};
    std::string pcr_bank = "sha256";
    std::vector<std::string> keyslots = {"tpm2"};

    bool operator==(const LuksVolume&) const = default;
};

struct LuksConfig {
    Enabled enabled = Enabled::automatic;
    Duration interval = std::chrono::minutes(5);
    std::vector<LuksVolume> volumes;

    bool operator==(const LuksConfig&) const = default;
};

struct BootConfig {
    Enabled enabled = Enabled::automatic;
    Duration interval = std::chrono::seconds(60);
    std::string event_log = "/sys/kernel/security/tpm0/binary_bios_measurements";
    std::string ima_log = "/sys/kernel/security/ima/binary_runtime_measurements";
    std::string efivars = "/sys/firmware/efi/efivars";
    std::vector<std::string> root_hash;  // hashes of dm-verity that the root may have; empty: no word on it

    bool operator==(const BootConfig&) const = default;
};

struct Config {
    std::string state_dir = "/var/lib/integrityd";
    std::string runtime_dir = "/run/integrityd";
    std::string broker;  // socket of integrityd-broker; empty: the daemon opens files itself
    Severity violated_at = Severity::high;
    std::string log_level = "info";

    std::uint64_t store_max_size = 32U << 20;
    Duration store_keep = std::chrono::hours(24 * 400);
    Duration flush_repeats = std::chrono::seconds(60);

    std::vector<RecipientConfig> recipients;  // never empty: the journal and the bus by default
    std::vector<SeverityRule> severity_rules;
    ReactionConfig reaction;
    AideConfig aide;
    AuditConfig audit;
    TlsConfig tls;
    TpmConfig tpm;
    LuksConfig luks;
    BootConfig boot;

    // Canonical JSON of every effective value: its digest is what the baseline of `self` holds.
    std::string canonical;
};

struct ConfigProblem {
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::string message;
};

// "FILE:LINE:COLUMN: what is wrong"
[[nodiscard]] std::string to_string(const ConfigProblem& problem);

struct ConfigSource {
    // `--config FILE`: this file alone. Empty: the main file, then the drop-ins.
    std::string only_file;
    std::string main_file = "/etc/integrityd/integrityd.toml";
    std::string vendor_directory = "/usr/lib/integrityd/conf.d";
    std::string local_directory = "/etc/integrityd/conf.d";
};

struct LoadedConfig {
    Config config;                        // usable only when `problems` is empty
    std::vector<ConfigProblem> problems;  // sorted by file, line, column
};

// Reads, merges and checks. A main file that is absent gives the defaults; with only_file it is a
// problem. All problems are told, of syntax errors the first of a file.
[[nodiscard]] LoadedConfig load_config(const ConfigSource& source);

}  // namespace integrityd
