// Who it was: joins what AIDE found to what audit recorded (watchers/file_traces.hpp).
#pragma once

#include "core/values.hpp"
#include "watchers/file_traces.hpp"

namespace integrityd {

// Adds `actor` to an observation about an entry, with a confidence. An entry without a trace gets one of the confidence
// "none" where every act was recorded since before the change: that somebody changed a file past the audit is the more
// alarming case. Where that is not so nothing is added, because nothing is known.
void add_actor(Observation& entry, const FileTraces& traces);

}  // namespace integrityd
