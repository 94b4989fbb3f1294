// AuditLogins: failed logins within a time (`login_failures` in `login_window`).
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/values.hpp"
#include "watchers/audit/audit_act.hpp"

namespace integrityd {

// The types of record that tell of attempts.
[[nodiscard]] std::vector<std::uint16_t> login_types();

// Whether this is an attempt to log in or to prove who one is that failed. One attempt writes several records
// (USER_AUTH by PAM, USER_LOGIN by the program): those of one process within a second are one attempt.
[[nodiscard]] bool is_failed_login(const AuditAct& act);

class AuditLogins {
public:
    explicit AuditLogins(const AuditConfig& config) : limit_(config.login_failures), window_(config.login_window) {}

    // What is to be told: from the limit on, of each further failure. Its evidence is another one only where their
    // number has doubled: somebody who guesses all day must not wash everything else out of the history. The time is
    // that of the records, so that what happened while nobody listened counts as it happened.
    [[nodiscard]] std::optional<Observation> take(const AuditAct& act, const AuditEvent& event);
    // What take() told last is more than a repeat.
    [[nodiscard]] bool grew() const { return grew_; }

private:
    struct Failure {
        WallTime time = 0;
        std::uint32_t pid = 0;
        std::string account;
        std::string origin;  // an address, else a terminal
    };

    [[nodiscard]] bool is_known(const Failure& failure) const;
    void forget_around(WallTime time);
    void count_steps();
    [[nodiscard]] Observation tell(const AuditAct& act, const AuditEvent& event) const;

    const std::uint32_t limit_;
    const Duration window_;
    std::deque<Failure> failures_;  // at most 10,000 (the limit's own limit): older ones say nothing more
    std::size_t step_ = 0;          // the limit, doubled as often as there were so many; 0: below the limit
    bool grew_ = false;
};

}  // namespace integrityd
