#include "watchers/audit/audit_act.hpp"

#include <algorithm>
#include <filesystem>

#include "core/escape.hpp"
#include "sources/audit_interest.hpp"
#include "sources/audit_people.hpp"
#include "sources/audit_types.hpp"

namespace integrityd {

namespace {

// rename() has five PATH records; more than this has nobody but who lists them to hide one.
constexpr std::size_t most_paths = 16;

std::optional<std::uint32_t> find_id(const AuditRecord& record, std::string_view name) {
    const auto field = find_field(record, name);
    return field ? decode_id(field->value) : std::nullopt;
}

std::string find_raw(const AuditRecord& record, std::string_view name) {
    const auto field = find_field(record, name);
    return field && !is_null(*field) ? std::string(field->value) : std::string();
}

AuditPathRole role_of(std::string_view nametype) {
    if (nametype == "NORMAL") return AuditPathRole::normal;
    if (nametype == "CREATE") return AuditPathRole::created;
    if (nametype == "DELETE") return AuditPathRole::deleted;
    if (nametype == "PARENT") return AuditPathRole::parent;
    return AuditPathRole::unknown;
}

// dev=fe:00, both in base 16.
std::optional<FileIdentity> identity_of(const AuditRecord& record) {
    const auto inode = find_field(record, "inode");
    const auto device = find_field(record, "dev");
    if (!inode || !device) return std::nullopt;
    const std::size_t colon = device->value.find(':');
    const auto number = decode_number(inode->value);
    if (colon == std::string_view::npos || !number) return std::nullopt;
    const auto major = decode_number(device->value.substr(0, colon), 16);
    const auto minor = decode_number(device->value.substr(colon + 1), 16);
    if (!major || !minor) return std::nullopt;
    return FileIdentity{static_cast<std::uint32_t>(*major), static_cast<std::uint32_t>(*minor), *number};
}

std::string absolute(const std::string& name, const std::string& directory) {
    if (name.empty()) return {};
    const std::filesystem::path path(name);
    if (path.is_absolute()) return path.lexically_normal().string();
    // Below a descriptor (openat) the directory is not recorded: then the name alone would be a guess.
    if (directory.empty()) return {};
    return (std::filesystem::path(directory) / path).lexically_normal().string();
}

// Relative names of *at() calls are below a descriptor that no record tells, unless it is the working directory.
bool below_working_directory(const AuditRecord& record, std::string_view syscall) {
    constexpr std::string_view at_fdcwd = "ffffff9c";  // -100
    if (!syscall.ends_with("at") && !syscall.ends_with("at2")) return true;
    const auto is_fdcwd = [&record](const char* argument) {
        const auto field = find_field(record, argument);
        return field && field->value.ends_with(at_fdcwd);
    };
    if (syscall == "symlinkat") return is_fdcwd("a1");
    const bool two = syscall.starts_with("rename") || syscall == "linkat";
    return is_fdcwd("a0") && (!two || is_fdcwd("a2"));
}

AuditPath path_of(const AuditRecord& record, const std::string& directory) {
    AuditPath path;
    path.path = absolute(find_text(record, "name").value_or(""), directory);
    path.identity = identity_of(record);
    const auto nametype = find_field(record, "nametype");
    path.role = nametype ? role_of(nametype->value) : AuditPathRole::unknown;
    return path;
}

void read_paths(const AuditEvent& event, const AuditRecord& main, AuditAct& act) {
    std::string directory;
    if (below_working_directory(main, act.syscall)) {
        for (const AuditRecord& record : event.records) {
            if (record.number == audit_type::cwd) directory = find_text(record, "cwd").value_or("");
        }
    }
    for (const AuditRecord& record : event.records) {
        if (record.number != audit_type::path || act.paths.size() == most_paths) continue;
        act.paths.push_back(path_of(record, directory));
    }
}

// SYSCALL says who it was; where there is none the first record does.
const AuditRecord& main_record(const AuditEvent& event) {
    const auto main = std::ranges::find_if(event.records, [](const AuditRecord& record) {
        return record.number == audit_type::syscall || record.number == audit_type::io_uring_operation;
    });
    return main != event.records.end() ? *main : event.records.front();
}

void read_actor(const AuditRecord& record, AuditAct& act) {
    act.exe = find_text(record, "exe").value_or("");
    act.comm = find_text(record, "comm").value_or("");
    act.tty = find_raw(record, "tty");
    if (act.tty.empty()) act.tty = find_raw(record, "terminal");
    act.auid = find_id(record, "auid");
    act.uid = find_id(record, "uid");
    act.session = find_id(record, "ses");
    act.pid = find_id(record, "pid");
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
    for (const AuditRecord& record : event.records) {
        if (std::ranges::find(act.types, record.type) == act.types.end()) act.types.emplace_back(record.type);
    }
    const AuditRecord& record = main_record(event);
    read_actor(record, act);
    act.keys = decode_keys(record);
    act.result = result_of(event.records.front());
    if (act.result == AuditResult::unknown) act.result = result_of(record);
    read_syscall(event, record, act);
    read_paths(event, record, act);
    return act;
}

void AuditActReader::read_syscall(const AuditEvent& event, const AuditRecord& record, AuditAct& act) {
    // What io_uring did is a number of its own; the PATH records tell the rest.
    if (record.number == audit_type::io_uring_operation) act.write_like = true;
    const auto head = record.number == audit_type::syscall ? syscall_head(record.body) : std::nullopt;
    if (!head) return;
    act.syscall = AuditSyscalls::name(head->arch, head->number);
    const auto exit = find_field(record, "exit");
    act.exit_code = exit ? decode_signed(exit->value).value_or(0) : 0;
    act.write_like = writes(event, record);
}

bool AuditActReader::writes(const AuditEvent& event, const AuditRecord& record) {
    const auto head = syscall_head(record.body);
    if (!head) return false;
    const auto flags = [&record](const char* name) {
        const auto field = find_field(record, name);
        return opens_for_writing(field ? decode_number(field->value, 16).value_or(0) : 0);
    };
    switch (syscalls_.write_like(head->arch, head->number)) {
        case AuditWrite::no:
            return false;
        case AuditWrite::flags_in_a1:
            return flags("a1");
        case AuditWrite::flags_in_a2:
            return flags("a2");
        case AuditWrite::yes:
            break;
    }
    // openat2's flags stand in a record of their own.
    constexpr std::uint16_t openat2 = 1337;
    const auto how = std::ranges::find(event.records, openat2, &AuditRecord::number);
    if (how == event.records.end()) return true;
    const auto field = find_field(*how, "oflag");
    return !field || opens_for_writing(decode_number(field->value, 8).value_or(UINT64_MAX));
}

std::string audit_evidence_text(const AuditEvent& event, std::size_t limit) {
    return escape_cut(audit_event_text(event), limit);
}

}  // namespace integrityd
