// Events as text again: a value that outlives the buffer that was read.
#pragma once

#include <string>

#include "sources/audit_assembler.hpp"

namespace integrityd {

// The lines of an event as the log has them.
[[nodiscard]] std::string audit_event_text(const AuditEvent& event);

}  // namespace integrityd
