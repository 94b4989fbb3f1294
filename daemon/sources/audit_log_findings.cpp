// AuditLog: what is wrong with the log as an object.
#include <algorithm>
#include <filesystem>
#include <sys/stat.h>
#include <utility>

#include "sources/audit_log.hpp"

namespace integrityd {

std::string_view to_string(AuditLogFinding::Kind kind) {
    switch (kind) {
        case AuditLogFinding::Kind::removed:
            return "removed";
        case AuditLogFinding::Kind::permissions:
            return "permissions";
        case AuditLogFinding::Kind::truncated:
            return "truncated";
        case AuditLogFinding::Kind::replaced:
            return "replaced";
        case AuditLogFinding::Kind::rewritten:
            return "rewritten";
        case AuditLogFinding::Kind::gap:
            return "gap";
        case AuditLogFinding::Kind::older_removed:
            return "older_removed";
    }
    return "";
}

void AuditLog::tell_restart(CursorMatch match, const AuditLogCursor& cursor, const AuditLogFile& file) {
    const std::string path = path_of(file);
    if (match == CursorMatch::copied) {
        tell(AuditLogFinding::Kind::replaced, path, "while nobody watched a copy has taken the place of the file");
    } else if (match == CursorMatch::rewritten) {
        tell(AuditLogFinding::Kind::rewritten, path, "while nobody watched what was read last was changed",
             {cursor.offset - cursor.block_size, cursor.offset});
    } else if (match == CursorMatch::truncated) {
        tell(AuditLogFinding::Kind::truncated, path, "while nobody watched it became shorter than what was read of it",
             {static_cast<std::uint64_t>(file.status().st_size), cursor.offset});
    }
}

// Of the directory, too: who may write to it may put another file into the log's place. Where we cannot reach it,
// others cannot either.
void AuditLog::check_rights() {
    AuditLogCondition condition{.kind = AuditLogFinding::Kind::permissions};
    condition.complete = rights_.group.has_value();
    for (auto file = files_.rbegin(); file != files_.rend(); ++file) {
        if ((*file)->look() && (*file)->status().st_nlink > 0)
            add_wrong_rights(condition, path_of(**file), (*file)->status(), rights_);
    }
    const std::string directory = std::filesystem::path(settings_.path).parent_path().string();
    struct stat status {};
    if (stat(directory.c_str(), &status) == 0)
        add_wrong_rights(condition, directory, status, rule_of_directory(rights_));
    tell(condition);
}

void AuditLog::add_wrong_rights(AuditLogCondition& condition, const std::string& path, const struct stat& status,
                                const AuditLogRightsRule& rule) {
    const AuditLogRights now = rights_of(status);
    const AuditLogRights expected = expected_rights(now, rule);
    if (now == expected) return;
    AuditLogFinding& found = condition.found.emplace_back();
    found.kind = condition.kind;
    found.path = path;
    found.text = "is " + to_text(now) + ", not " + to_text(expected);
    found.rights = now;
    found.expected = expected;
}

// Nobody writes to a file that was rotated: auditd has closed it before.
void AuditLog::check_older() {
    for (std::size_t i = 0; i < reading_; ++i) {
        AuditLogFile& file = *files_[i];
        if (!file.look()) continue;
        const auto size = static_cast<std::uint64_t>(file.status().st_size);
        if (size < file.offset()) {
            tell(AuditLogFinding::Kind::truncated, path_of(file), "is shorter than what was read of it",
                 {size, file.offset()});
            file.skip_to_end(buffer_);
        } else if (file.take_growth()) {
            tell(AuditLogFinding::Kind::replaced, path_of(file),
                 "is written to after it was rotated: what " + settings_.path + " holds is not all",
                 {file.offset(), size});
        }
    }
}

void AuditLog::tell(AuditLogFinding::Kind kind, const std::string& path, std::string text, AuditLogRange range) {
    AuditLogFinding finding;
    finding.kind = kind;
    finding.path = path;
    finding.text = std::move(text);
    finding.range = range;
    listener_.finding(finding);
}

void AuditLog::tell_removed() {
    AuditLogCondition condition{.kind = AuditLogFinding::Kind::removed};
    if (removed_) {
        AuditLogFinding& found = condition.found.emplace_back();
        found.path = settings_.path;
        found.text = "nothing has this name any more";
    }
    tell(condition);
}

void AuditLog::tell(const AuditLogCondition& condition) {
    const auto told = told_.find(condition.kind);
    if (told != told_.end() && told->second == condition) return;
    told_.insert_or_assign(condition.kind, condition);
    listener_.condition(condition);
}

std::string AuditLog::path_of(const AuditLogFile& file) const {
    const auto newer = std::count_if(files_.begin(), files_.end(), [&file](const auto& other) {
        return other->number() > file.number() && other->status().st_nlink > 0;
    });
    return newer == 0 ? settings_.path : settings_.path + "." + std::to_string(newer);
}

}  // namespace integrityd
