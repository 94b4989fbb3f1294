// Events to publish.
#pragma once

#include "core/values.hpp"

namespace integrityd::test {

inline Event violation_event(std::uint64_t sequence = 42) {
    Event event;
    event.sequence = sequence;
    event.stream = "11111111-2222-3333-4444-555555555555";
    event.hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    event.time = 1'800'000'000'000'000;  // 2027-01-15T08:00:00Z
    event.clock = ClockState::synchronised;
    event.type = EventType::raised;
    event.violation = Violation{.id = 7,
                                .kind = "aide.entry.changed",
                                .source = "aide",
                                .severity = Severity::high,
                                .subject = "/etc/passwd",
                                .summary = "size: 10 -> 12",
                                .state = ViolationState::open,
                                .first_seen = event.time,
                                .last_seen = event.time,
                                .count = 1,
                                .requirements = {"CR 3.4", "CR 3.4 RE(2)"}};
    return event;
}

inline Event notice_event(std::string_view kind, ValueMap data = {}) {
    Event event = violation_event();
    event.type = EventType::notice;
    event.violation.reset();
    event.data = std::move(data);
    event.data.insert_or_assign("kind", Value(kind));
    return event;
}

}  // namespace integrityd::test
