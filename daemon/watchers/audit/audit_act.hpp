// AuditAct: what one event says, its fields found once and decoded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/value.hpp"
#include "core/values.hpp"
#include "sources/audit_assembler.hpp"
#include "sources/audit_syscalls.hpp"
#include "sources/audit_values.hpp"
#include "watchers/file_traces.hpp"

namespace integrityd {

// What a PATH record is about: the file itself, a directory entry that came or went, or the directory around it.
enum class AuditPathRole : std::uint8_t { normal, created, deleted, parent, unknown };

struct AuditPath {
    std::string path;  // raw, absolute where that can be known; empty: not recorded
    std::optional<FileIdentity> identity;
    AuditPathRole role = AuditPathRole::normal;
};

struct AuditAct {
    AuditStamp stamp;
    // Of the first record, which is what the event is about: the kernel writes the SYSCALL that caused it behind it.
    std::uint16_t type = 0;
    std::string type_name;
    std::vector<std::string> types;  // of all records, each once
    std::vector<std::string> keys;
    std::string exe;
    std::string comm;
    std::string tty;
    std::optional<std::uint32_t> auid;  // who logged in; none: nobody did (a service)
    std::optional<std::uint32_t> uid;
    std::optional<std::uint32_t> session;
    std::optional<std::uint32_t> pid;
    std::string_view syscall;  // its name; empty: none, or one that is not known
    bool write_like = false;
    AuditResult result = AuditResult::unknown;
    std::int64_t exit_code = 0;  // of a system call: negative errno
    std::vector<AuditPath> paths;

    [[nodiscard]] WallTime time() const { return stamp.milliseconds * 1000; }
    // The file that the act was about: what came or went before what was merely touched; null: none was recorded.
    [[nodiscard]] const AuditPath* object() const;
    // The member `actor` of details (contract section 3), without a confidence.
    [[nodiscard]] ValueMap actor() const;
};

// Not for several threads (AuditSyscalls keeps tables).
class AuditActReader {
public:
    [[nodiscard]] AuditAct read(const AuditEvent& event);

private:
    AuditSyscalls syscalls_;
};

// The records as they stand in the log, escaped, at most `limit` bytes: the evidence.
[[nodiscard]] std::string audit_evidence_text(const AuditEvent& event, std::size_t limit);

}  // namespace integrityd
