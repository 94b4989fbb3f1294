// AuditAssembler: puts the records of interleaved events together, by node, time and serial.
//
// An event ends with its EOE or PROCTITLE record; with itself, where its type is always alone; when the log has gone on
// by some events and for longer than the time-out; when the time-out passes on the loop's clock; or when too many are
// unfinished. What is
// contiguous in the log, which is nearly all of it, is never copied: the records stay views of the caller's buffer.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/event_loop.hpp"
#include "sources/audit_record.hpp"

namespace integrityd {

struct AuditEvent {
    std::string_view node;
    AuditStamp stamp;
    std::span<const AuditRecord> records;  // in the order they came
    bool cut = false;                      // more records, or more bytes, than is held here
    bool late = false;                     // records of an event that was handed on before
};

struct AuditAssemblyLimits {
    // Events that are written at the same time: one a processor, and those whose last record was lost.
    std::size_t in_flight = 64;
    // A path has a record each, and an execve one for each 7500 bytes of arguments.
    std::size_t records = 1024;
    std::size_t event_bytes = 256U << 10;
    std::size_t total_bytes = 1U << 20;
    // auditd's own end_of_event_timeout.
    Duration timeout = std::chrono::seconds(2);
};

struct AuditAssemblyCounters {
    std::uint64_t records = 0;
    std::uint64_t events = 0;
    std::uint64_t cut = 0;              // events that were handed on cut
    std::uint64_t dropped_records = 0;  // of these
    std::uint64_t late = 0;             // events that were handed on in more than one part
    std::uint64_t pressed = 0;          // handed on because a limit left no room, whole or not
};

class AuditAssembler {
public:
    // The event's views are valid during the call. The handler must not call the assembler.
    using Handler = std::function<void(const AuditEvent&)>;
    explicit AuditAssembler(Handler handler, AuditAssemblyLimits limits = {});

    // The record's bytes must stay until keep(), or until its event was handed on.
    void add(const AuditRecord& record, Monotonic now);
    // Copies what is unfinished: the caller's buffer may go after this.
    void keep();
    // Hands on what had no record for the time-out.
    void expire(Monotonic now);
    // When expire() has something to do; nothing when all is handed on.
    [[nodiscard]] std::optional<Monotonic> deadline() const;
    // Hands on everything (the end of the stream).
    void finish();

    [[nodiscard]] std::size_t in_flight() const { return order_.size(); }
    [[nodiscard]] const AuditAssemblyCounters& counters() const { return counters_; }

private:
    struct Event {
        std::string_view node;
        AuditStamp stamp;
        std::vector<AuditRecord> records;
        std::size_t kept = 0;       // records whose bytes are in `storage`
        std::vector<char> storage;  // their bytes, one after the other
        std::size_t bytes = 0;      // of all records
        Monotonic touched{};
        std::uint64_t number = 0;  // counts events as they begin
        bool cut = false;
        bool late = false;
    };
    // A late EOE of an event that its PROCTITLE has ended comes at once; other late records within some events.
    static constexpr std::size_t remembered = 16;
    // After a silence the last record of an event may come behind the first of the next ones.
    static constexpr std::uint64_t settled_after = 8;

    [[nodiscard]] Event* find(const AuditRecord& record);
    [[nodiscard]] bool was_handed_on(const AuditRecord& record) const;
    [[nodiscard]] bool log_went_on(const Event& event, const AuditRecord& record) const;
    [[nodiscard]] Event& begin(const AuditRecord& record);
    void append(Event& event, const AuditRecord& record, Monotonic now);
    void hand_on(std::size_t position);
    void hand_on_alone(const AuditRecord& record);
    void press_oldest();
    void keep(Event& event);

    Handler handler_;
    AuditAssemblyLimits limits_;
    std::vector<Event> pool_;           // as many as may be in flight, with the memory they have used
    std::vector<std::uint32_t> free_;   // places of pool_
    std::vector<std::uint32_t> order_;  // places of unfinished events, the oldest first
    std::uint64_t begun_ = 0;
    std::size_t total_bytes_ = 0;  // of all unfinished events
    std::array<AuditStamp, remembered> handed_on_{};
    std::size_t handed_on_at_ = 0;
    AuditAssemblyCounters counters_;
};

}  // namespace integrityd
