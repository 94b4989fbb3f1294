// AuditLog: which files there are, at start and after names have changed.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "sources/audit_log.hpp"

namespace integrityd {

namespace {

// Older files that are guarded beside the one that is read: auditd's default keeps four.
constexpr std::size_t most_older_held = 8;
// From the renaming of the log to the making of the next one auditd needs less than a millisecond.
constexpr Duration rotation_time = std::chrono::milliseconds(500);
// Holes that a rotation leaves in the numbers for a moment can hide a file from one search, hardly from the next.
constexpr int most_searches = 3;

std::int64_t nanoseconds(const timespec& time) {
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

void AuditLog::look_first() {
    const auto cursor = start_cursor_ ? parse_audit_log_cursor(*start_cursor_) : std::nullopt;
    CursorMatch match = CursorMatch::none;
    const auto is_it = [&cursor, &match](const OpenedLog& log) {
        match = cursor ? match_cursor(log, *cursor) : CursorMatch::here;
        return match != CursorMatch::none;
    };
    AuditLogsFound found = find_audit_logs(opener_, is_it, most_older_held);
    for (int i = 1; i < most_searches && found.shifted; ++i)
        found = find_audit_logs(opener_, is_it, most_older_held);
    if (found.refused) return refused(*found.refused);
    // What was told until now is known from the search.
    (void)drain();
    rotation_balance_ = 0;
    react_soon();
    began_ = true;
    more_files_ = found.more;
    const bool there = !found.log_missing;
    if (!cursor) {
        begin_new(std::move(found));
    } else if (found.place) {
        begin_at(std::move(found), *cursor, match);
    } else {
        begin_in_gap(std::move(found), *cursor);
    }
    log_there(there, true);
    check_rights();
    guard_.start();
    read_soon();
}

void AuditLog::begin_at(AuditLogsFound found, const AuditLogCursor& cursor, CursorMatch match) {
    const std::size_t place = *found.place;
    // From the cursor backwards: what of each file is read again.
    std::vector<AuditLogRange> history(place + 1);
    std::uint64_t left = settings_.history;
    for (std::size_t i = place + 1; i-- > 0;) {
        const std::uint64_t size = found.files[i].size();
        const std::uint64_t end = i == place ? std::min(cursor.offset, size) : size;
        history[i] = {end - std::min(left, end), end};
        left -= history[i].end - history[i].begin;
    }
    for (std::size_t i = 0; i < found.files.size(); ++i) {
        AuditLogFile& file = hold(std::move(found.files[i]), i <= place ? history[i].begin : 0);
        if (i <= place) file.set_history_end(history[i].end);
        if (i < place && history[i].begin == history[i].end) file.skip_to_end(buffer_);
    }
    AuditLogFile& at = *files_[place];
    if (match == CursorMatch::here || match == CursorMatch::copied) at.expect_seal(cursor.sealed_blocks, cursor.seal);
    tell_restart(match, cursor, at);
}

// The place is in none of the files. Those that were written to after the cursor was made were not read.
void AuditLog::begin_in_gap(AuditLogsFound found, const AuditLogCursor& cursor) {
    const AuditLogFile* oldest = nullptr;
    for (OpenedLog& log : found.files) {
        const bool newer = nanoseconds(log.status.st_mtim) >= cursor.modified;
        AuditLogFile& file = hold(std::move(log), 0);
        if (!newer) file.skip_to_end(buffer_);
        if (newer && oldest == nullptr) oldest = &file;
    }
    std::string text = "the place where reading stopped (byte " + std::to_string(cursor.offset) + " of inode " +
                       std::to_string(cursor.inode) + ") is not there any more; ";
    text += oldest != nullptr ? "reading goes on with " + path_of(*oldest) : "there is nothing newer";
    tell(AuditLogFinding::Kind::gap, settings_.path, std::move(text), {cursor.offset, cursor.offset});
}

// What is there now is history, and of it the log itself is read.
void AuditLog::begin_new(AuditLogsFound found) {
    for (std::size_t i = 0; i < found.files.size(); ++i) {
        AuditLogFile& file = hold(std::move(found.files[i]), 0);
        if (i + 1 == found.files.size() && !found.log_missing) {
            file.set_history_end(static_cast<std::uint64_t>(file.status().st_size));
        } else {
            file.skip_to_end(buffer_);
        }
    }
    if (start_cursor_)
        tell(AuditLogFinding::Kind::gap, settings_.path, "the place where reading stopped is not legible");
}

AuditLogFile& AuditLog::hold(OpenedLog log, std::uint64_t offset) {
    files_.push_back(std::make_unique<AuditLogFile>(next_number_++, std::move(log), key_, offset));
    return *files_.back();
}

void AuditLog::look() {
    AuditLogsFound found = find_newer();
    if (found.refused) return refused(*found.refused);
    if (!files_.empty() && !found.place) lost_place(found);
    const bool rotating = found.place.has_value() || rotation_balance_ > 0;
    const bool by_rotation = ever_there_ && !removed_ && rotating;
    for (std::size_t i = found.place ? *found.place + 1 : 0; i < found.files.size(); ++i) {
        hold(std::move(found.files[i]), 0);
        if (by_rotation) --rotation_balance_;
    }
    more_files_ = found.more;
    count_lost(found.log_missing);
    log_there(!found.log_missing, rotating);
    let_go();
    check_rights();
    read_soon();
}

AuditLogsFound AuditLog::find_newer() {
    AuditLogsFound found;
    for (int i = 0; i < most_searches; ++i) {
        found = find_audit_logs(
            opener_,
            [this](const OpenedLog& log) { return !files_.empty() && log.identity() == files_.back()->identity(); }, 0);
        if (found.refused || found.place || files_.empty()) break;
        const bool gone = !files_.back()->look() || files_.back()->status().st_nlink == 0;
        if (gone && !found.shifted) break;
    }
    return found;
}

// The newest file that we know has none of the names any more. Rotation pushed it out, or somebody took it away: what
// inotify has told until now knows it.
void AuditLog::lost_place(AuditLogsFound& found) {
    (void)drain();
    react_soon();
    std::erase_if(found.files, [this](const OpenedLog& log) {
        return std::any_of(files_.begin(), files_.end(),
                           [&log](const auto& held) { return held->identity() == log.identity(); });
    });
    if (rotation_balance_ > 0 || overflow_ || found.more) return;
    if (found.log_missing || found.files.empty()) {
        found.files.clear();
        return;
    }
    found.files.erase(found.files.begin(), found.files.end() - 1);
    if (!removed_)
        tell(AuditLogFinding::Kind::replaced, settings_.path, "another file has its name, and it was not rotated");
}

void AuditLog::count_lost(bool log_missing) {
    if (std::exchange(overflow_, false)) {
        rotation_balance_ = 0;
        return;
    }
    const std::int64_t lost = rotation_balance_ - (log_missing ? 1 : 0);
    if (lost <= 0 || more_files_) return;
    rotation_balance_ -= lost;
    tell(AuditLogFinding::Kind::gap, settings_.path,
         std::to_string(lost) + " of its files were rotated out before they could be read");
}

void AuditLog::refused(const Error& error) {
    const bool other = error.code == ELOOP || error.code == EINVAL;
    if (other && ever_there_ && blind_ != error.message)
        tell(AuditLogFinding::Kind::replaced, settings_.path, "something else has its name: " + error.message);
    retry_later(error.message);
}

void AuditLog::log_there(bool there, bool rotating) {
    if (there) {
        missing_->stop();
        ever_there_ = true;
        removed_ = false;
        tell_removed();
        return set_seeing();
    }
    if (!ever_there_) return set_blind(settings_.path + " is not there: the audit daemon has not written it yet");
    set_seeing();
    if (!removed_ && rotating) {
        if (!missing_->running()) missing_->start(rotation_time);
        return;
    }
    removed_ = true;
    tell_removed();
}

void AuditLog::missing_for_long() {
    const auto log = opener_.open(Resource::audit_log);
    if (log || log.error().code != ENOENT) return look();
    rotation_balance_ = 0;  // there was no rotation
    log_there(false, false);
}

// What has no name any more, and what is too old; not the file before the one that is read: a record may have begun in
// it.
void AuditLog::let_go() {
    for (std::size_t i = 0; i + 1 < reading_;) {
        const bool gone = !files_[i]->look() || files_[i]->status().st_nlink == 0;
        if (!gone && reading_ <= most_older_held) {
            ++i;
            continue;
        }
        files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(i));
        --reading_;
    }
}

}  // namespace integrityd
