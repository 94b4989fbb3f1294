// AuditIntake: from the log's bytes to events, and where to go on after a restart.
//
// A cursor must not be past an event that is not finished yet: the place to go on from is the first line of the oldest
// unfinished one.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>

#include "sources/audit_assembler.hpp"
#include "sources/audit_line_reader.hpp"
#include "sources/audit_log.hpp"

namespace integrityd {

struct AuditIntakeCounters {
    std::uint64_t lines = 0;
    std::uint64_t malformed = 0;  // lines that are no record
    std::uint64_t cut = 0;        // lines that were too long
};

class AuditIntake {
public:
    struct Handlers {
        // Each record, before it is put together; each event, when it is whole.
        std::function<void(const AuditRecord&)> record;
        std::function<void(const AuditEvent&)> event;
    };
    explicit AuditIntake(Handlers handlers);

    // The next bytes of a file, which begin at `first`. The views that handlers get are valid while they run.
    void take(AuditLogPosition first, std::string_view bytes, Monotonic now);
    // What is before was dealt with elsewhere: news begins here.
    void begin_at(AuditLogPosition position);
    // Events whose end never came.
    void expire(Monotonic now) { assembler_.expire(now); }
    // Hands on everything: nothing follows.
    void finish() { assembler_.finish(); }
    [[nodiscard]] std::optional<Monotonic> deadline() const { return assembler_.deadline(); }

    // Behind the last whole line.
    [[nodiscard]] AuditLogPosition read() const { return position_; }
    // Everything before it was handed on.
    [[nodiscard]] AuditLogPosition safe() const;
    [[nodiscard]] AuditIntakeCounters counters() const;
    [[nodiscard]] const AuditAssemblyCounters& assembly() const { return assembler_.counters(); }

private:
    struct Unfinished {
        AuditStamp stamp;
        AuditLogPosition begin;
    };

    void take_line(const AuditLine& line, AuditLogPosition begin, Monotonic now);
    void remember(const AuditStamp& stamp, AuditLogPosition begin);
    void forget(const AuditStamp& stamp);
    void hand_on(const AuditEvent& event);

    Handlers handlers_;
    AuditLineReader lines_;
    AuditAssembler assembler_;
    AuditLogPosition position_;          // behind the last line
    std::deque<Unfinished> unfinished_;  // in the order in which they began
    std::uint64_t malformed_ = 0;
};

}  // namespace integrityd
