// AuditKernel: what is asked of the kernel's audit, which only few may ask.
#pragma once

#include "core/result.hpp"
#include "core/unique_fd.hpp"

namespace integrityd {

class AuditKernel {
public:
    virtual ~AuditKernel() = default;

    // A netlink socket, non-blocking, that has joined the read-only multicast group (AUDIT_NLGRP_READLOG). Each message
    // is one record. Needs CAP_AUDIT_READ in the first user and network namespace; EPERM, EPROTONOSUPPORT.
    [[nodiscard]] virtual Result<UniqueFd> join_feed() = 0;

    // A sealed memory file with the kernel's answers to AUDIT_GET and AUDIT_LIST_RULES (sources/audit_status.hpp reads
    // it). Needs CAP_AUDIT_CONTROL.
    [[nodiscard]] virtual Result<UniqueFd> status() = 0;
};

}  // namespace integrityd
