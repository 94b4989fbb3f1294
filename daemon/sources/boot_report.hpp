// The boot as an operator's report: the same form from the daemon and from a log that lies elsewhere.
#pragma once

#include <string>
#include <string_view>

#include "core/value.hpp"
#include "sources/boot_structure.hpp"
#include "sources/event_log_replay.hpp"

namespace integrityd {

// A log of a real device has one to two hundred events; a reply of the bus holds 1 MiB.
inline constexpr std::size_t most_reported_events = 1024;

// {"form", "end", "bytes", "events", "banks", "problem"?}
[[nodiscard]] ValueMap log_report(const EventLog& log, std::size_t bytes);
// [{"event", "pcr", "type", "component", "digest", "backing", "text"}…]
[[nodiscard]] ValueList story_report(const BootStory& story);
// {"enabled"?, "variables": {NAME: {"keys": count, "test_keys"?: […]}}}
[[nodiscard]] ValueMap secure_boot_report(const MeasuredSecureBoot& measured);
// ["PCR 7: …"…]
[[nodiscard]] ValueList structure_report(const std::vector<StructureFinding>& findings);

// All of that, and the replayed PCRs, of a log alone, as JSON.
[[nodiscard]] std::string boot_log_json(std::string_view bytes);

// Components of this log as an alternative for `integrityctl baseline import`, as JSON; empty: there are none.
[[nodiscard]] std::string boot_log_components_json(std::string_view bytes, const std::string& source);

}  // namespace integrityd
