// Events and violations in words for people. Everything that comes out is printable.
#pragma once

#include <string>
#include <vector>

#include <integrity/integrity.hpp>

#include "terminal.hpp"

namespace integrityctl {

// One line, or two where the terminal is too narrow: when, what, how severe, about what.
[[nodiscard]] std::string event_line(const integrity::Event& event, const Terminal& terminal);

// The same form for a violation of a snapshot, which is no event.
[[nodiscard]] std::string violation_line(const integrity::Violation& violation, const Terminal& terminal);

// One scalar of details or data: "actor.auid" and its words. Bytes are shown as text, times in RFC 3339.
struct Fact {
    std::string path;
    std::string value;
};
[[nodiscard]] std::vector<Fact> facts_of(const integrity::Value& value);

// "auid=1000, comm=vi": a map's scalars; "" for what is not there.
[[nodiscard]] std::string scalars(const integrity::Value& map);

// From -1 ("record", outside the verdict) over 0 (low) to 3 (critical); a word that is not known counts as critical.
[[nodiscard]] int severity_rank(std::string_view severity);

// Whether the damage is there: open or acknowledged.
[[nodiscard]] bool is_present(const integrity::Violation& violation);

}  // namespace integrityctl
