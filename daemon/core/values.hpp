// The values that travel through the daemon: Observation → Violation → Event (ARCHITECTURE.md).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/catalogue.hpp"
#include "core/severity.hpp"
#include "core/value.hpp"

namespace integrityd {

// Microseconds since 1970 (CLOCK_REALTIME): for stamps only, order is by sequence.
using WallTime = std::uint64_t;

enum class ClockState : std::uint8_t { unset, unsynchronised, synchronised };
enum class ViolationState : std::uint8_t { open, acknowledged, returned, resolved };
enum class EventType : std::uint8_t { raised, changed, acknowledged, returned, resolved, verdict, notice };

[[nodiscard]] std::string_view to_string(ClockState state);
[[nodiscard]] std::string_view to_string(ViolationState state);
[[nodiscard]] std::string_view to_string(EventType type);
[[nodiscard]] std::optional<ClockState> parse_clock_state(std::string_view text);
[[nodiscard]] std::optional<ViolationState> parse_violation_state(std::string_view text);
[[nodiscard]] std::optional<EventType> parse_event_type(std::string_view text);

// What a watcher saw. `subject` and `summary` are escaped (core/escape.hpp).
struct Observation {
    const Kind* kind = nullptr;
    std::string subject;
    std::string summary;
    ValueMap evidence;                 // decides whether a repeat is "the same"
    ValueMap context;                  // shown beside it, but changes by nature: times, serials, process ids
    std::optional<Severity> severity;  // where the watcher's own rule sets it (audit.rule)
};

struct Violation {
    std::uint64_t id = 0;
    std::string kind;
    std::string source;
    Severity severity = Severity::medium;
    std::string subject;
    std::string summary;
    ViolationState state = ViolationState::open;
    WallTime first_seen = 0;
    WallTime last_seen = 0;
    std::uint32_t count = 0;
    ValueMap details;
    std::vector<std::string> requirements;

    // Present: the damage is there (a happening is "there" until it is acknowledged).
    [[nodiscard]] bool present() const {
        return state == ViolationState::open || state == ViolationState::acknowledged;
    }
};

// What one look covered: a complete look takes back what is in its scope and was not seen.
struct Scope {
    std::string source;
    std::vector<const Kind*> kinds;                    // conditions only
    std::optional<std::vector<std::string>> subjects;  // none: every subject of these kinds
};

// One look, told as one value.
struct Look {
    Scope scope;
    std::vector<Observation> seen;
    bool complete = false;
    // Asked for violations in scope that are not in `seen` (rows over a limit are there without
    // being told one by one); empty: nothing else is there.
    std::function<bool(const Violation&)> still_present;
};

// Who asked the daemon for something.
struct Requester {
    std::uint32_t uid = 0;
    std::uint32_t pid = 0;
    std::string exe;   // escaped; empty where it could not be read
    std::string unit;  // systemd unit; empty where there is none
};

// An event before the store has given it its place in the chain.
struct EventDraft {
    WallTime time = 0;
    std::uint64_t boottime = 0;  // µs, CLOCK_BOOTTIME
    std::string boot_id;
    ClockState clock = ClockState::unset;
    EventType type = EventType::notice;
    bool maintenance = false;
    std::optional<Requester> by;
    std::optional<Violation> violation;
    ValueMap data;
};

struct Event : EventDraft {
    std::uint64_t sequence = 0;
    std::string stream;  // UUID of the chain
    std::string hash;    // 64 hex digits, contract section 4
};

}  // namespace integrityd
