// Canonical JSON (contract section 4): the bytes that the event chain is made of.
//
// Members sorted by bytes, no white space, UTF-8, integers only and exact to 64 bits, escapes only
// `\"`, `\\` and `\u00xx` in lower case, raw bytes as base64 with padding. Two equal values give the
// same bytes, anywhere.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/value.hpp"
#include "core/values.hpp"

namespace integrityd {

[[nodiscard]] std::string canonical_json(const Value& value);

// The event as the chain hashes it: without `hash`.
[[nodiscard]] std::string canonical_json(const Event& event);

// A violation as it stands in an event; read_violation() reads it back.
[[nodiscard]] std::string canonical_json(const Violation& violation);

// Values of the forms in which they stand in an event.
[[nodiscard]] ValueMap to_value(const Violation& violation);
[[nodiscard]] ValueMap to_value(const Requester& requester);

// Reads JSON of our own making back (json_read.cpp; total: any input gives a value or an error).
// Fractions, duplicate members, nesting deeper than 32 and texts over 16 MiB are refused. Members
// that hold bytes come back as Bytes (is_bytes_member).
[[nodiscard]] Result<Value> read_json(std::string_view text);

// An event from its canonical line; `hash` stays empty.
[[nodiscard]] Result<Event> read_event(std::string_view canonical_line);
[[nodiscard]] Result<Violation> read_violation(const ValueMap& value);

}  // namespace integrityd
