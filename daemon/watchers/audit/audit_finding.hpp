// AuditFinding: an event that somebody has to hear of, before storms are folded.
#pragma once

#include <string>

#include "core/values.hpp"

namespace integrityd {

struct AuditFinding {
    std::string rule;  // the configuration's rule, or the name of a built-in one: what storms are counted by
    Observation seen;
    bool over = false;  // of a condition: it holds no longer
};

}  // namespace integrityd
