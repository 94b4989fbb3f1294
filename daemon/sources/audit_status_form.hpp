// The form of the memory file in which the kernel's audit status travels, in the machine's own byte order: parts, each
// a PartHead and then so many bytes. The first is the kernel's audit_status, the others are its rules (audit_rule_data
// of <linux/audit.h>) in the order in which they are applied.
#pragma once

#include <cstdint>

namespace integrityd::audit_status_form {

enum class Part : std::uint32_t { status = 1, rule = 2 };

struct PartHead {
    Part part = Part::status;
    std::uint32_t size = 0;
};

// The longest rule set that we know of has 350 rules of some 1,100 bytes; the kernel itself sets no limit.
inline constexpr std::uint32_t most_rules = 4096;
inline constexpr std::uint32_t longest_part = 16384;  // a rule with four paths of PATH_MAX

}  // namespace integrityd::audit_status_form
