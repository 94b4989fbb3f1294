// What audit is like now: the kernel's status and rules, and auditd's files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/opener.hpp"
#include "sources/audit_status.hpp"
#include "watchers/audit/audit_baseline.hpp"

namespace integrityd {

struct AuditConfigFacts {
    std::vector<AuditNamed> files;  // auditd.conf, audit.rules, the files of rules.d; sorted by path
    std::string sha256;             // of all of them, names included
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

// Opened on the loop, to be read in a worker.
struct OpenedAuditFacts {
    UniqueFd status;
    std::vector<OpenedFile> config;
    AuditFacts facts;  // what opening them already told
};
[[nodiscard]] OpenedAuditFacts open_audit_facts(Opener& opener);

// Reads them. Blocks: for a worker.
[[nodiscard]] AuditFacts read_audit_facts(const OpenedAuditFacts& opened);

}  // namespace integrityd
