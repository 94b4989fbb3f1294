// AuditSerials: which serials of the kernel are missing.
//
// The kernel numbers its events one after the other, so a number that never comes is an event that was lost behind the
// kernel: by auditd, by a socket's full buffer, by somebody's hand. What the kernel drops itself, because its backlog
// is full, gets no number; only its own counter of lost records tells. Events may come a little out of order, the
// counter has 32 bits, and it begins anew at boot. Time does not decide the order, because the clock may be set back
// while serials go on. One object a node; DAEMON_* records are no part of it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/event_loop.hpp"
#include "sources/audit_record.hpp"

namespace integrityd {

struct AuditGap {
    std::uint32_t from = 0;  // the first that is missing
    std::uint32_t to = 0;    // the last
    std::uint64_t count = 0;
    std::uint64_t after = 0;   // ms since 1970: the stamp of the event before
    std::uint64_t before = 0;  // and of the one behind
    // What was so when the hole opened: the owner's word (AuditSerials::Opening).
    bool told_elsewhere = false;
    bool auditd_began = false;
    bool unread = false;  // it was lost on the way to us
    bool operator==(const AuditGap&) const = default;
};

struct AuditSerialLimits {
    // A serial that is this far behind the highest is not late any more.
    std::uint32_t window = 1024;
    // How long one is waited for: auditd's end_of_event_timeout.
    Duration timeout = std::chrono::seconds(2);
};

class AuditSerials {
public:
    using Limits = AuditSerialLimits;
    using Handler = std::function<void(const AuditGap&)>;
    // Called with each hole when it opens, to be told later or not at all.
    using Opening = std::function<void(AuditGap&)>;
    explicit AuditSerials(Handler handler, Limits limits = {}, Opening opening = {})
        : handler_(std::move(handler)), opening_(std::move(opening)), limits_(limits) {}

    // Each record, or each event; the same serial again costs nothing.
    void note(const AuditRecord& record, Monotonic now);
    // Tells the gaps that have been waited for long enough.
    void expire(Monotonic now);
    [[nodiscard]] std::optional<Monotonic> deadline() const;
    // Tells all gaps (the end of the stream).
    void finish();
    // What comes next is of another boot, or of a stream whose begin is not known.
    void restart();
    // Goes on behind a serial that was seen before (a cursor).
    void go_on_behind(const AuditStamp& last);
    // Waits for a hole that was open when that was kept; behind go_on_behind(), the oldest first.
    void open_again(const AuditGap& gap, Monotonic now);
    // What is waited for.
    [[nodiscard]] std::vector<AuditGap> open() const;

    // More holes than this at the same time: the oldest is told early.
    static constexpr std::size_t max_open = 64;

    [[nodiscard]] std::optional<AuditStamp> highest() const { return highest_; }
    [[nodiscard]] std::uint64_t missing() const { return missing_; }    // told so far
    [[nodiscard]] std::uint64_t restarts() const { return restarts_; }  // noticed by the serials themselves

private:
    struct Open {
        AuditGap gap;
        Monotonic since{};
    };
    static constexpr std::size_t remembered = 64;

    void forward(const AuditStamp& stamp, std::uint32_t distance, Monotonic now);
    void make_room();
    void backward(const AuditStamp& stamp);
    [[nodiscard]] bool fill(std::uint32_t serial);
    [[nodiscard]] bool is_remembered(const AuditStamp& stamp) const;
    void remember(const AuditStamp& stamp);
    void begin_anew(const AuditStamp& stamp);
    void tell(const AuditGap& gap);
    void tell_old();

    Handler handler_;
    Opening opening_;
    Limits limits_;
    std::optional<AuditStamp> highest_;
    std::vector<Open> open_;  // ascending by serial
    std::array<AuditStamp, remembered> recent_{};
    std::size_t recent_at_ = 0;
    std::uint64_t missing_ = 0;
    std::uint64_t restarts_ = 0;
};

}  // namespace integrityd
