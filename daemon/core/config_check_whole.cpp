#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <sys/un.h>

#include "core/catalogue.hpp"
#include "core/config_check.hpp"
#include "core/config_values.hpp"
#include "core/digest.hpp"
#include "core/escape.hpp"
#include "core/glob.hpp"
#include "core/syslog_facility.hpp"

namespace integrityd {

namespace {

using Problems = std::vector<ConfigProblem>;

// Where to point: the key if it was written, else the entry.
void tell(const EffectiveEntry& entry, std::string_view key, std::string message, Problems& problems) {
    const ConfigNode* written = find_member(entry.node, key);
    const ConfigNode* node = written != nullptr ? written : entry.node;
    problems.push_back(problem_at(node != nullptr ? node->place : ConfigPlace(), std::move(message)));
}

void check_required(const EffectiveEntry& entry, Problems& problems) {
    if (entry.node == nullptr || entry.node->table() == nullptr) return;
    for (const ConfigKey& key : entry.section->keys) {
        // That a name is missing is a matter of the single file (check_file).
        if (key.presence != Presence::required || key.name == "name") continue;
        if (find_member(entry.node, key.name) != nullptr) continue;
        tell(entry, key.name, fmt::format("[[{}]] has no {}", entry.section->name, key.name), problems);
    }
}

void check_recipient(const EffectiveEntry& entry, Problems& problems) {
    const std::string_view type = entry.text("type");
    const std::string_view target = entry.text("target");
    if (type == "unix" && (!target.starts_with('/') || target.size() >= sizeof(sockaddr_un::sun_path))) {
        tell(entry, "target", "target of a unix recipient must be an absolute path of at most 107 bytes", problems);
    } else if (type == "syslog" && !target.empty() && !syslog_facility(target)) {
        tell(entry, "target", fmt::format("'{}' is no syslog facility", escape_cut(target, 100)), problems);
    } else if ((type == "journal" || type == "dbus") && !target.empty()) {
        tell(entry, "target", fmt::format("a {} recipient has no target", type), problems);
    }
}

// Kinds that product applications will declare are not in the catalogue.
bool names_a_kind(std::string_view pattern) {
    if (pattern.empty() || pattern.starts_with("ext.")) return true;
    return std::ranges::any_of(all_kinds(), [pattern](const Kind& kind) { return glob_matches(pattern, kind.name); });
}

void check_severity_rule(const EffectiveEntry& entry, Problems& problems) {
    const std::string_view kind = entry.text("kind");
    if (names_a_kind(kind)) return;
    tell(entry, "kind", fmt::format("'{}' matches no kind (see integrity-kinds(7))", escape_cut(kind, 100)), problems);
}

void check_aide(const EffectiveEntry& entry, Problems& problems) {
    const std::vector<std::string> command = entry.texts("check_command");
    if (!command.empty() && !command.front().starts_with('/')) {
        tell(entry, "check_command", "check_command must begin with an absolute path", problems);
    }
    if (command.empty() && entry.number("check_interval") != 0) {
        tell(entry, "check_interval", "check_interval needs a check_command", problems);
    }
    const std::vector<std::string> maker = entry.texts("database_command");
    if (!maker.empty() && !maker.front().starts_with('/')) {
        tell(entry, "database_command", "database_command must begin with an absolute path", problems);
    }
    const std::vector<std::string> targeted = entry.texts("path_command");
    if (!targeted.empty() && !targeted.front().starts_with('/')) {
        tell(entry, "path_command", "path_command must begin with an absolute path", problems);
    }
    // A new database settles what differs only by a check with it.
    if (command.empty() && !maker.empty()) {
        tell(entry, "database_command", "database_command needs a check_command", problems);
    }
}

void check_audit_rule(const EffectiveEntry& entry, Problems& problems) {
    for (const std::string_view key : {"key", "type", "exe", "auid", "uid", "path", "syscall", "success"}) {
        if (find_member(entry.node, key) != nullptr) return;
    }
    tell(entry, "name", "[[audit.rule]] needs at least one of key, type, exe, auid, uid, path, syscall, success",
         problems);
}

// A URI has a scheme: "pkcs11:token=product". What it says stands in the baseline of the configuration and in events.
void check_key_place(const EffectiveEntry& entry, std::string_view key, Problems& problems) {
    std::string where(entry.text(key));
    const bool is_path = where.empty() || where.front() == '/';
    if (is_path) return;
    if (where.find(':') == std::string::npos)
        return tell(entry, key, std::string(key) + " must be an absolute path or a URI", problems);
    std::ranges::transform(where, where.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (where.find("pin-value") == std::string::npos) return;
    tell(entry, key, std::string(key) + " must hold no secret: name a file with pin-source instead of pin-value",
         problems);
}

void check_endpoint(const EffectiveEntry& entry, Problems& problems) {
    const std::string_view address = entry.text("address");
    const std::size_t colon = address.rfind(':');
    const bool has_port = colon != std::string_view::npos && colon > 0 && colon + 1 < address.size() &&
                          address.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
    if (!address.empty() && !has_port) tell(entry, "address", "address must be HOST:PORT", problems);
    if (entry.text("client_certificate").empty() != entry.text("client_key").empty()) {
        tell(entry, "client_certificate", "client_certificate and client_key belong together", problems);
    }
    for (const std::string_view key : {"client_certificate", "client_key"})
        check_key_place(entry, key, problems);
    for (const std::string& pin : entry.texts("spki_sha256")) {
        const auto bytes = from_base64(pin);
        if (!bytes || bytes->size() != sizeof(Sha256Digest))
            tell(entry, "spki_sha256", "each entry of spki_sha256 must be the base64 of a SHA-256 digest", problems);
    }
}

// The broker is asked by these names, in a message that is read strictly.
void check_volume(const EffectiveEntry& entry, Problems& problems) {
    constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    if (entry.text("name").find_first_not_of(allowed) == std::string_view::npos) return;
    tell(entry, "name", "the name of a volume may have letters, digits, '.', '_' and '-' only", problems);
}

void check_boot(const EffectiveEntry& entry, Problems& problems) {
    // From SHA-1 to SHA-512, as veritysetup writes them.
    constexpr std::size_t shortest = 40, longest = 128;
    for (const std::string& hash : entry.texts("root_hash")) {
        const bool hex = hash.find_first_not_of("0123456789abcdef") == std::string::npos;
        if (!hex || hash.size() < shortest || hash.size() > longest)
            tell(entry, "root_hash", "each entry of root_hash must be a hash in lower-case hex digits", problems);
    }
}

}  // namespace

void check_whole(const std::vector<EffectiveEntry>& entries, Problems& problems) {
    for (const EffectiveEntry& entry : entries) {
        const std::string_view section = entry.section->name;
        check_required(entry, problems);
        if (section == "notify.recipient") check_recipient(entry, problems);
        if (section == "severity.rule") check_severity_rule(entry, problems);
        if (section == "aide") check_aide(entry, problems);
        if (section == "audit.rule") check_audit_rule(entry, problems);
        if (section == "tls.endpoint") check_endpoint(entry, problems);
        if (section == "luks.volume") check_volume(entry, problems);
        if (section == "boot") check_boot(entry, problems);
    }
}

}  // namespace integrityd
