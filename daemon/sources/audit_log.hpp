// AuditLog: follows auditd's log through its rotations, and guards it as an object.
//
// Every byte that auditd writes is delivered once, in order; across a restart reading goes on at a cursor. Files are
// opened only when a name has changed (an Opener may need a round trip to the broker); reading uses the descriptors
// that are held, also when the name is gone. What is found wrong with the log is told within a second of the act, a
// rewritten line in the part that was not read lately within five minutes (audit_log_guard.hpp).
//
// A log that is not there: before the first one was ever seen, by this run or one before (a cursor says so), auditd has
// not started yet; that is blindness with this reason and no finding. After that it is the finding `removed`.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/busy_io.hpp"
#include "core/event_loop.hpp"
#include "core/opener.hpp"
#include "core/worker.hpp"
#include "sources/audit_log_guard.hpp"
#include "sources/audit_log_names.hpp"
#include "sources/audit_log_rights.hpp"
#include "sources/audit_log_search.hpp"

namespace integrityd {

struct AuditLogPosition {
    std::uint64_t file = 0;  // counts the files that were followed since start, the oldest has the smallest number
    std::uint64_t offset = 0;
    auto operator<=>(const AuditLogPosition&) const = default;
};

struct AuditLogFinding {
    enum class Kind : std::uint8_t {
        removed,        // condition: nothing has the log's name; auditd may go on writing into what we still read
        permissions,    // condition: others may read or write a file, or write to the directory, or have either
        truncated,      // shorter than what was read; `range`: from its length now to what was read
        replaced,       // another file has the name and the old one was not rotated, or is still written to
        rewritten,      // what was read stands there no more; `range` as exactly as known
        gap,            // what was written could not be read: see `text`
        older_removed,  // a rotated file was unlinked, not replaced by rotation
    };
    Kind kind = Kind::removed;
    std::string path;  // of the file, as it is called now
    std::string text;  // one line for a person
    AuditLogRange range;
    AuditLogRights rights;  // permissions: now, and as they should be
    AuditLogRights expected;
    bool operator==(const AuditLogFinding&) const = default;
};

// All that is wrong with the log in this way at present.
struct AuditLogCondition {
    AuditLogFinding::Kind kind = AuditLogFinding::Kind::removed;
    std::vector<AuditLogFinding> found;
    bool complete = true;  // else more may be wrong: nothing is taken back
    bool operator==(const AuditLogCondition&) const = default;
};

[[nodiscard]] std::string_view to_string(AuditLogFinding::Kind kind);

// Calls come from the loop. A listener may ask for cursors, but not destroy the log from within a call.
class AuditLogListener {
public:
    virtual ~AuditLogListener() = default;
    // What was written, in order, cut anywhere; valid during the call. `history`: it was told before a restart, or was
    // there at the very first start: for filling an index, not for telling. History may begin inside a line.
    virtual void bytes(AuditLogPosition first, std::string_view bytes, bool history) = 0;
    // Everything that was there is delivered; also once after start.
    virtual void caught_up() = 0;
    // Nothing more comes of the file before: an unfinished line of it stays so.
    virtual void file_changed() = 0;
    virtual void finding(const AuditLogFinding& finding) = 0;
    // Told as soon as it is known after start and after each check(), and whenever it is another one.
    virtual void condition(const AuditLogCondition& condition) = 0;
    // The log cannot be read; one line for a person. Told again when the reason changes.
    virtual void blind(const std::string& reason) = 0;
    virtual void seeing() = 0;
};

struct AuditLogSettings {
    std::string path;                  // [audit] log: for people, and its last part for inotify
    AuditLogRightsRule rights;         // until expect_group()
    std::uint64_t history = 8U << 20;  // of what was told before a restart so much is read again
};

class AuditLog {
public:
    // All of them must outlive it.
    AuditLog(EventLoop& loop, Worker& worker, Opener& opener, AuditLogSettings settings, AuditLogListener& listener);
    ~AuditLog();
    AuditLog(const AuditLog&) = delete;
    AuditLog& operator=(const AuditLog&) = delete;

    // Reads on from the cursor; without one what is there now is history. Once.
    void start(std::optional<std::string> cursor);

    // Looks at the files anew, and tells each condition, also where it is as it was.
    void check();
    // auditd's log_group, as read just now; none: it is not known. Looks at owners and modes.
    void expect_group(std::optional<gid_t> group);

    // Where to go on after a restart when everything before this position was dealt with: at most 1 KiB of text, empty
    // when there is nothing yet. Positions in the file before the one that is read are good, too. Reads some KiB.
    [[nodiscard]] std::string cursor(AuditLogPosition position) const;

    // "log_bytes" read, "log_files" found, "log_rotations", "log_bytes_compared".
    [[nodiscard]] std::map<std::string, std::uint64_t> counters() const;

private:
    // What happens in the directory (audit_log.cpp).
    void watch();
    BusyIo::Reading read_events();
    [[nodiscard]] bool drain();
    void react();
    void react_soon();
    void lose_directory();
    void retry_later(const std::string& reason);
    void set_blind(const std::string& reason);
    void set_seeing();

    // What is in the files (audit_log.cpp).
    void read_soon();
    void read_some();
    [[nodiscard]] bool read_piece(std::size_t& left);
    [[nodiscard]] bool next_file();
    void begin_anew();
    void deliver(const AuditLogFile& file, std::string_view bytes);

    // Which files there are (audit_log_files.cpp).
    void look_first();
    void begin_at(AuditLogsFound found, const AuditLogCursor& cursor, CursorMatch match);
    void begin_in_gap(AuditLogsFound found, const AuditLogCursor& cursor);
    void begin_new(AuditLogsFound found);
    AuditLogFile& hold(OpenedLog log, std::uint64_t offset);
    void look();
    [[nodiscard]] AuditLogsFound find_newer();
    void lost_place(AuditLogsFound& found);
    void count_lost(bool log_missing);
    void refused(const Error& error);
    void log_there(bool there, bool rotating);
    void missing_for_long();
    void let_go();

    // What is wrong with them (audit_log_findings.cpp).
    void tell_restart(CursorMatch match, const AuditLogCursor& cursor, const AuditLogFile& file);
    void check_rights();
    static void add_wrong_rights(AuditLogCondition& condition, const std::string& path, const struct stat& status,
                                 const AuditLogRightsRule& rule);
    void check_older();
    void tell(AuditLogFinding::Kind kind, const std::string& path, std::string text, AuditLogRange range = {});
    void tell_removed();
    void tell(const AuditLogCondition& condition);
    [[nodiscard]] std::string path_of(const AuditLogFile& file) const;

    EventLoop& loop_;
    Opener& opener_;
    const AuditLogSettings settings_;
    AuditLogListener& listener_;
    const BlockKey key_;

    UniqueFd watch_;
    std::vector<char> events_;
    BusyIo io_;
    AuditLogNames names_;
    AuditLogChanges pending_;  // what happened and was not reacted to
    std::unique_ptr<Timer> retry_;
    std::unique_ptr<Timer> missing_;

    std::optional<std::string> start_cursor_;
    bool began_ = false;
    bool ever_there_ = false;
    bool removed_ = false;
    std::optional<std::string> blind_;
    AuditLogRightsRule rights_;
    std::map<AuditLogFinding::Kind, AuditLogCondition> told_;  // since start or check()

    AuditLogFiles files_;
    std::size_t reading_ = 0;  // in files_
    std::uint64_t next_number_ = 0;
    bool more_files_ = false;  // than are held
    // Renamings of the log to `.1` that were told, less the new files that were found for them: above 0 when files are
    // gone that were never opened. Below 0 while inotify has not told yet what the directory shows already.
    std::int64_t rotation_balance_ = 0;
    bool overflow_ = false;  // the balance is not known

    std::vector<char> buffer_;
    bool posted_ = false;
    bool caught_up_ = false;
    bool file_delivered_ = false;  // something of the file that is read
    bool grew_ = false;

    std::uint64_t bytes_read_ = 0;
    std::uint64_t rotations_ = 0;
    AuditLogGuard guard_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace integrityd
