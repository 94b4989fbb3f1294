// What audit is like now: the kernel's status and rules, and auditd's files.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "core/opener.hpp"
#include "sources/audit_status.hpp"
#include "watchers/audit/audit_baseline.hpp"

namespace integrityd {

struct AuditConfigFacts {
    std::vector<AuditNamed> files;   // auditd.conf, audit.rules, the files of rules.d; sorted by path
    std::string sha256;              // of all of them, names included
    std::optional<gid_t> log_group;  // of auditd.conf; none: not known
};

struct AuditFacts {
    std::optional<AuditStatus> status;
    std::string status_problem;  // why it is not known
    std::optional<AuditConfigFacts> config;
    std::string config_problem;

    // The loaded rules by description.
    [[nodiscard]] std::vector<AuditNamed> rules() const;
    // Of all that a baseline holds, for BaselineDiff; empty: nothing is known.
    [[nodiscard]] std::string digest() const;
};

// What reading needs. Opening asks the kernel's audit, which may hold up who asks: for Lane::audit.
struct OpenedAuditFacts {
    UniqueFd status;
    std::vector<OpenedFile> config;
    AuditFacts facts;  // what opening them already told
};
[[nodiscard]] OpenedAuditFacts open_audit_facts(Opener& opener);

// Reads them. Blocks: for a worker. `config_path`: auditd.conf among the files.
[[nodiscard]] AuditFacts read_audit_facts(const OpenedAuditFacts& opened, const std::string& config_path);

}  // namespace integrityd
