// The kernel's audit, asked through libaudit. A library of its own: integrityd-broker links it without the rest.
#pragma once

#include <memory>

#include "core/audit_kernel.hpp"

namespace integrityd {

// Calls take milliseconds: the kernel answers at once. ETIMEDOUT where it does not.
[[nodiscard]] std::unique_ptr<AuditKernel> make_audit_kernel();

}  // namespace integrityd
