// An event as text: the one place that makes the line of the journal and of syslog.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/values.hpp"

namespace integrityd {

// "KIND SUBJECT: SUMMARY [id=… seq=… state=… hash=<first 16 hex>]", without what an event does not
// have; one line, at most `limit` bytes (at least 256): what is too long is cut before the bracket.
[[nodiscard]] std::string message_line(const Event& event, std::size_t limit);

// syslog's priority: critical 2, high 3, medium 4, low 5; the verdict, notices and `record` 6.
[[nodiscard]] int message_priority(const Event& event);

// A kind of the catalogue: the violation's, the notice's, or "verdict".
[[nodiscard]] std::string_view message_kind(const Event& event);

// Every field of a journal entry (contract section 11), MESSAGE first.
using MessageField = std::pair<std::string, std::string>;
[[nodiscard]] std::vector<MessageField> journal_fields(const Event& event);

// The event as one line of JSON: the canonical members, sorted, and behind them `hash`; ends in a
// newline. Without `,"hash":"…"` it is what the hash is made of.
[[nodiscard]] std::string json_line(const Event& event);

}  // namespace integrityd
