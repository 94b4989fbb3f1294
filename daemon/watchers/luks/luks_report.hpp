// What `integrityctl luks` prints: a volume with its slots, its tokens, its policy, and whether it would unseal.
#pragma once

#include "watchers/luks/luks_accepted.hpp"
#include "watchers/luks/luks_findings.hpp"
#include "watchers/luks/luks_unseal.hpp"

namespace integrityd {

// "missing", "unreadable", "not encrypted", "violated", "not accepted", "as accepted".
[[nodiscard]] std::string state_of(const LuksFacts& facts, bool accepted, const LuksFindings& findings);

[[nodiscard]] ValueMap report_of(const LuksFacts& facts, bool accepted, const LuksPcrs& pcrs,
                                 const LuksFindings& findings);

}  // namespace integrityd
