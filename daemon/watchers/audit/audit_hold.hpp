// AuditHold: events from the kernel's feed that wait for the log to have them, too.
//
// What the log brings is judged from there, because its cursor makes sure that nothing is told twice or lost over a
// restart. What it does not bring in time is judged from here: so a dead auditd hides nothing.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "sources/audit_assembler.hpp"

namespace integrityd {

class AuditHold {
public:
    // auditd writes within milliseconds; a loaded device may take longer.
    static constexpr Duration patience = std::chrono::seconds(2);
    // About 4,000 events; what does not fit is judged at once.
    static constexpr std::size_t most_bytes = 4U << 20;

    using Handler = std::function<void(const AuditEvent&)>;
    explicit AuditHold(Handler handler) : handler_(std::move(handler)) {}

    void add(const AuditEvent& event, Monotonic now);
    // The log has it: it need not be held.
    void found_in_log(const AuditStamp& stamp);
    // Hands on what has waited long enough.
    void expire(Monotonic now);
    // Hands on everything, and holds nothing from now on: nobody writes the log. Or holds again.
    void set_log_written(bool written);
    [[nodiscard]] std::optional<Monotonic> deadline() const;

    [[nodiscard]] std::size_t size() const { return held_.size(); }

private:
    struct Held {
        AuditStamp stamp;
        Monotonic since{};
        std::string text;
        bool found = false;
    };
    using Key = std::pair<std::uint64_t, std::uint32_t>;

    void hand_on_first();

    Handler handler_;
    bool log_written_ = true;
    // By order of arrival. What was found in the log stays, without its text, until those before it are gone.
    std::deque<Held> held_;
    std::map<Key, std::uint64_t> places_;  // position since the beginning; minus first_ in held_
    std::uint64_t first_ = 0;
    std::size_t bytes_ = 0;
};

// An event out of its text (audit_event_text): its views are those of `text`, and valid in the call.
void with_event(std::string_view text, const AuditHold::Handler& handler);

}  // namespace integrityd
