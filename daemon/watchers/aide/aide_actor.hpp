// Who it was: joins what AIDE found to what audit recorded (watchers/file_traces.hpp).
#pragma once

#include "core/values.hpp"
#include "watchers/file_traces.hpp"

namespace integrityd {

// Adds `actor` to an observation about an entry, with a confidence. An entry without a trace gets one of the confidence
// "none" where audit was on and read without a hole since before the change: that a file changed past the audit is the
// more alarming case, as far as the product's audit rules cover the file, which is not asked here. Where audit was not
// followed then nothing is added, because nothing is known.
void add_actor(Observation& entry, const FileTraces& traces);

}  // namespace integrityd
