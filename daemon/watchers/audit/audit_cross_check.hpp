// AuditCrossCheck: which events were on the kernel's feed and are not in the log.
//
// Pure: time is passed in. An event is its time and serial. It is missing when it was on the feed, the log has gone
// past it (a later event stood on both), and a grace has passed since. While the log has not gone past it, nothing is
// called missing: auditd may be slow, or stopped, and write it later. That nothing at all comes is a fact of its own.
//
// Of both sides only events that were first seen while both were there take part: the first serial after the feed was
// joined may be the rest of an event that the log had before.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/event_loop.hpp"
#include "sources/audit_record.hpp"

namespace integrityd {

// Events that are missing in the log, the first and the last of them in the order of the feed.
struct AuditMissing {
    std::uint64_t count = 0;
    AuditStamp first;
    AuditStamp last;
};

class AuditCrossCheck {
public:
    // 65,536 events are 5 s of 13,000 events a second; it costs 1 MiB where there is a feed.
    static constexpr std::size_t window = 65'536;
    static constexpr Duration grace = std::chrono::seconds(5);

    // A record of this event came from there. Each record of an event may be told. Not for DAEMON_* records: their
    // serials are auditd's own.
    void on_feed(const AuditStamp& event, Monotonic now);
    void in_log(const AuditStamp& event, Monotonic now);

    // The feed is about to be joined: from now on it is remembered what is in the log. Joining takes its time, and what
    // happens meanwhile is read from the log first, from the feed later.
    void feed_joining();
    // The feed was joined, now or again; it ended. What was on it until then is still expected in the log.
    void feed_joined();
    void feed_left();
    // The log is read up to its end, from now on as it is written; it is not (being caught up with, or not readable).
    // While it is not, nothing is missing.
    void log_live(Monotonic now);
    void log_not_live();

    // What is known to be missing now and was not told yet. To be called about once a second, and on Check.
    [[nodiscard]] std::optional<AuditMissing> expire(Monotonic now);

    // Since when events are on the feed and nothing is in the log: the grace has passed, and not one event of the feed
    // came. None: it is not silent, or nobody can say.
    [[nodiscard]] std::optional<Monotonic> log_is_silent_since(Monotonic now) const;

    // Events on the feed that the log does not have yet.
    [[nodiscard]] std::size_t waiting() const { return waiting_; }

private:
    enum class Seen : std::uint8_t { nowhere, feed, log, both };
    struct Slot {
        std::uint64_t milliseconds = 0;
        std::uint32_t serial = 0;
        Seen seen = Seen::nowhere;

        [[nodiscard]] bool holds(const AuditStamp& event) const {
            return seen != Seen::nowhere && serial == event.serial && milliseconds == event.milliseconds;
        }
    };
    struct Expected {
        AuditStamp event;
        Monotonic since;
    };
    struct Passed {
        Monotonic time;
        std::uint32_t serial = 0;
    };

    [[nodiscard]] Slot& slot_of(const AuditStamp& event) { return slots_[event.serial % window]; }
    void push_out(const Slot& slot);
    void matched(const AuditStamp& event, Monotonic now);
    void forget_found();
    void found_late(const AuditStamp& event);
    [[nodiscard]] bool is_expected(const Expected& expected) const {
        const Slot& slot = slots_[expected.event.serial % window];
        return slot.seen == Seen::feed && slot.holds(expected.event);
    }
    [[nodiscard]] bool log_passed(std::uint32_t serial) const;
    void add_missing(const AuditMissing& more);

    std::vector<Slot> slots_;
    std::deque<Expected> expected_;  // in the order of the feed; some were found meanwhile
    std::size_t waiting_ = 0;
    std::deque<Passed> passed_;                 // the log's way, at most 20 points
    std::optional<std::uint32_t> passed_long_;  // a grace ago or longer
    std::optional<std::uint32_t> highest_;      // on both sides
    std::optional<AuditStamp> first_on_feed_;   // which does not take part
    bool joined_ = false;
    bool ever_joined_ = false;
    bool fresh_ = false;  // the feed was joined, nothing came yet
    bool live_ = false;
    Monotonic live_since_{0};
    Monotonic last_match_{0};
    std::optional<AuditMissing> pushed_out_;    // not in the log a whole window later; it may still come
    std::optional<std::uint32_t> late_serial_;  // of these, the last that came
    std::optional<AuditMissing> missing_;       // to be told
};

}  // namespace integrityd
