// A loaded audit rule as a line for people, much as `auditctl -l` writes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace integrityd {

// `rule` is the kernel's audit_rule_data with its strings. Total; none where it contradicts itself: more fields or
// longer strings than it has room for.
[[nodiscard]] std::optional<std::string> describe_audit_rule(std::string_view rule);

}  // namespace integrityd
