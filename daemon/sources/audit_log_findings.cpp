// AuditLog: what is wrong with the log as an object.
#include <algorithm>
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

void AuditLog::check_rights() {
    std::optional<AuditLogFinding> found;
    for (auto file = files_.rbegin(); file != files_.rend() && !found; ++file) {
        if (!(*file)->look() || (*file)->status().st_nlink == 0) continue;
        const AuditLogRights now = rights_of((*file)->status());
        const AuditLogRights expected = expected_rights(now, settings_.rights);
        if (now == expected) continue;
        found.emplace();
        found->kind = AuditLogFinding::Kind::permissions;
        found->path = path_of(**file);
        found->text = "is " + to_text(now) + ", not " + to_text(expected);
        found->rights = now;
        found->expected = expected;
    }
    if (!found) {
        if (std::exchange(bad_rights_, std::nullopt))
            tell_back(AuditLogFinding::Kind::permissions, "belongs to whom it should");
        return;
    }
    if (std::exchange(bad_rights_, found->rights) != found->rights) listener_.finding(*found);
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

void AuditLog::tell_back(AuditLogFinding::Kind kind, std::string text) {
    AuditLogFinding finding;
    finding.kind = kind;
    finding.came_back = true;
    finding.path = settings_.path;
    finding.text = std::move(text);
    listener_.finding(finding);
}

std::string AuditLog::path_of(const AuditLogFile& file) const {
    const auto newer = std::count_if(files_.begin(), files_.end(), [&file](const auto& other) {
        return other->number() > file.number() && other->status().st_nlink > 0;
    });
    return newer == 0 ? settings_.path : settings_.path + "." + std::to_string(newer);
}

}  // namespace integrityd
