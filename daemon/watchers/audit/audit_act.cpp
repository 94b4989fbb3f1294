#include "watchers/audit/audit_act.hpp"

#include <algorithm>
#include <filesystem>

#include "core/escape.hpp"
#include "sources/audit_interest.hpp"
#include "sources/audit_names.hpp"
#include "sources/audit_text.hpp"
#include "sources/audit_types.hpp"

namespace integrityd {

namespace {

// rename() has five PATH records; more than this has nobody but who lists them to hide one.
constexpr std::size_t most_paths = 16;

// What is read of the record that says who it was, and of a PATH record: found in one walk each.
constexpr AuditNames main_names({"exe", "comm", "tty", "terminal", "auid", "uid", "ses", "pid", "exit", "key",
                                 "success", "res", "result", "a0", "a1", "a2"});
constexpr AuditNames path_names({"name", "inode", "dev", "nametype"});

constexpr std::size_t main_count = decltype(main_names)::none;
using MainFields = std::array<AuditField, main_count>;

const AuditField& field_of(const MainFields& fields, std::string_view name) {
    return fields[main_names.at(name)];
}

std::string text_of(std::uint16_t type, const AuditField& field) {
    return is_null(field) ? std::string() : decode_text(type, field);
}

std::string raw_of(const AuditField& field) {
    return is_null(field) ? std::string() : std::string(field.value);
}

AuditResult result_of(const MainFields& fields) {
    AuditResult result = AuditResult::unknown;
    for (const char* const name : {"success", "res", "result"}) {
        if (result == AuditResult::unknown) result = decode_result(field_of(fields, name).value);
    }
    return result;
}

AuditPathRole role_of(std::string_view nametype) {
    if (nametype == "NORMAL") return AuditPathRole::normal;
    if (nametype == "CREATE") return AuditPathRole::created;
    if (nametype == "DELETE") return AuditPathRole::deleted;
    if (nametype == "PARENT") return AuditPathRole::parent;
    return AuditPathRole::unknown;
}

// dev=fe:00, both in base 16.
std::optional<FileIdentity> identity_of(std::string_view inode, std::string_view device) {
    const std::size_t colon = device.find(':');
    const auto number = decode_number(inode);
    if (colon == std::string_view::npos || !number) return std::nullopt;
    const auto major = decode_number(device.substr(0, colon), 16);
    const auto minor = decode_number(device.substr(colon + 1), 16);
    if (!major || !minor) return std::nullopt;
    return FileIdentity{static_cast<std::uint32_t>(*major), static_cast<std::uint32_t>(*minor), *number};
}

// Nearly every path is in its normal form already, and asking costs a tenth of making it so.
std::string normal(std::string path) {
    const auto odd = [](char before, char c) { return before == '/' && (c == '/' || c == '.'); };
    if (std::adjacent_find(path.begin(), path.end(), odd) == path.end()) return path;
    return std::filesystem::path(path).lexically_normal().string();
}

std::string absolute(const std::string& name, const std::string& directory) {
    if (name.empty()) return {};
    if (name.front() == '/') return normal(name);
    // Below a descriptor (openat) the directory is not recorded: then the name alone would be a guess.
    if (directory.empty()) return {};
    return normal(directory + (directory.ends_with('/') ? "" : "/") + name);
}

// Relative names of *at() calls are below a descriptor that no record tells, unless it is the working directory.
bool below_working_directory(const MainFields& fields, std::string_view syscall) {
    static constexpr std::string_view at_fdcwd = "ffffff9c";  // -100
    if (!syscall.ends_with("at") && !syscall.ends_with("at2")) return true;
    const auto is_fdcwd = [&fields](const char* argument) {
        return field_of(fields, argument).value.ends_with(at_fdcwd);
    };
    if (syscall == "symlinkat") return is_fdcwd("a1");
    const bool two = syscall.starts_with("rename") || syscall == "linkat";
    return is_fdcwd("a0") && (!two || is_fdcwd("a2"));
}

AuditPath path_of(const AuditRecord& record, const std::string& directory) {
    const auto fields = find_fields(record, path_names);
    AuditPath path;
    path.path = absolute(text_of(record.number, fields[path_names.at("name")]), directory);
    path.identity = identity_of(fields[path_names.at("inode")].value, fields[path_names.at("dev")].value);
    path.role = role_of(fields[path_names.at("nametype")].value);
    return path;
}

void read_paths(const AuditEvent& event, const MainFields& fields, AuditAct& act) {
    std::string working;
    for (const AuditRecord& record : event.records) {
        if (record.number == audit_type::cwd) working = find_text(record, "cwd").value_or("");
    }
    const bool below_it = below_working_directory(fields, act.syscall);
    const auto paths = std::ranges::count(event.records, audit_type::path, &AuditRecord::number);
    act.paths.reserve(std::min(static_cast<std::size_t>(paths), most_paths));
    for (const AuditRecord& record : event.records) {
        if (record.number != audit_type::path || act.paths.size() == most_paths) continue;
        AuditPath path = path_of(record, below_it ? working : std::string());
        // Below a descriptor the kernel (6.1) names the working directory as the parent, which it is not.
        if (!below_it && path.role == AuditPathRole::parent && path.path == working) path.path.clear();
        act.paths.push_back(std::move(path));
    }
}

bool is_call(const AuditRecord& record) {
    return record.number == audit_type::syscall || record.number == audit_type::io_uring_operation;
}

// SYSCALL says who it was; where there is none the first record does.
const AuditRecord& main_record(const AuditEvent& event) {
    const auto main = std::ranges::find_if(event.records, is_call);
    return main != event.records.end() ? *main : event.records.front();
}

void read_actor(std::uint16_t type, const MainFields& fields, AuditAct& act) {
    act.exe = text_of(type, field_of(fields, "exe"));
    act.comm = text_of(type, field_of(fields, "comm"));
    act.tty = raw_of(field_of(fields, "tty"));
    if (act.tty.empty()) act.tty = raw_of(field_of(fields, "terminal"));
    act.auid = decode_id(field_of(fields, "auid").value);
    act.uid = decode_id(field_of(fields, "uid").value);
    act.session = decode_id(field_of(fields, "ses").value);
    act.pid = decode_id(field_of(fields, "pid").value);
}

// openat2's flags stand in a record of their own.
bool openat2_writes(const AuditEvent& event) {
    constexpr std::uint16_t openat2 = 1337;
    const auto how = std::ranges::find(event.records, openat2, &AuditRecord::number);
    if (how == event.records.end()) return true;
    const auto field = find_field(*how, "oflag");
    return !field || opens_for_writing(decode_number(field->value, 8).value_or(UINT64_MAX));
}

bool writes(AuditWrite write, const AuditEvent& event, const MainFields& fields) {
    const auto flags = [&fields](const char* name) {
        return opens_for_writing(decode_number(field_of(fields, name).value, 16).value_or(0));
    };
    switch (write) {
        case AuditWrite::no:
            return false;
        case AuditWrite::flags_in_a1:
            return flags("a1");
        case AuditWrite::flags_in_a2:
            return flags("a2");
        case AuditWrite::yes:
            break;
    }
    return openat2_writes(event);
}

void set(ValueMap& map, const char* name, const std::optional<std::uint32_t>& value) {
    if (value) map[name] = std::uint64_t{*value};
}

void set(ValueMap& map, const char* name, const std::string& value) {
    if (!value.empty()) map[name] = escape_cut(value, 512);
}

}  // namespace

const AuditPath* AuditAct::object() const {
    const AuditPath* best = nullptr;
    const auto rank = [](const AuditPath& path) {
        if (path.role == AuditPathRole::created) return 4;
        if (path.role == AuditPathRole::deleted) return 3;
        if (path.role == AuditPathRole::normal) return 2;
        return path.role == AuditPathRole::parent ? 0 : 1;
    };
    for (const AuditPath& path : paths) {
        if (path.path.empty()) continue;
        if (best == nullptr || rank(path) > rank(*best)) best = &path;
    }
    return best;
}

ValueMap AuditAct::actor() const {
    ValueMap actor;
    set(actor, "auid", auid);
    set(actor, "uid", uid);
    set(actor, "pid", pid);
    set(actor, "session", session);
    set(actor, "exe", exe);
    set(actor, "comm", comm);
    set(actor, "tty", tty);
    actor["time"] = time();
    actor["serial"] = std::uint64_t{stamp.serial};
    return actor;
}

AuditAct AuditActReader::read(const AuditEvent& event) {
    AuditAct act;
    act.stamp = event.stamp;
    if (event.records.empty()) return act;
    act.type = event.records.front().number;
    act.type_name = event.records.front().type;
    act.types.reserve(event.records.size());
    for (const AuditRecord& record : event.records) {
        if (std::ranges::find(act.types, record.type) == act.types.end()) act.types.emplace_back(record.type);
    }
    const AuditRecord& record = main_record(event);
    const MainFields fields = find_fields(record, main_names);
    read_actor(record.number, fields, act);
    act.keys = decode_keys(field_of(fields, "key"));
    if (&record != &event.records.front()) act.result = integrityd::result_of(event.records.front());
    if (act.result == AuditResult::unknown) act.result = result_of(fields);
    // What io_uring did is a number of its own; the PATH records tell the rest.
    if (record.number == audit_type::io_uring_operation) act.write_like = true;
    if (is_call(record)) act.exit_code = decode_signed(field_of(fields, "exit").value).value_or(0);
    if (const auto head = record.number == audit_type::syscall ? syscall_head(record.body) : std::nullopt) {
        act.syscall = AuditSyscalls::name(head->arch, head->number);
        act.write_like = writes(syscalls_.write_like(head->arch, head->number), event, fields);
    }
    read_paths(event, fields, act);
    return act;
}

std::string audit_evidence_text(const AuditEvent& event, std::size_t limit) {
    return escape_cut(audit_event_text(event), limit);
}

}  // namespace integrityd
