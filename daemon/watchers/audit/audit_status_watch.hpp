// AuditStatusWatch: looks at the state of audit, every 30 s and when something says that it changed.
//
// The kernel's status and rules and auditd's files are read in a lane of their own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "core/waiters.hpp"
#include "watchers/audit/audit_baseline.hpp"
#include "watchers/audit/audit_facts.hpp"
#include "watchers/audit/audit_status_judge.hpp"
#include "watchers/watcher.hpp"

namespace integrityd {

class AuditStatusWatch {
public:
    struct Callbacks {
        std::function<void(Look)> look;
        std::function<void(Observation)> happening;
        // A look is over, problem() and lost_mark() are those of now.
        std::function<void()> looked;
    };
    // Whether this process is there.
    using IsAlive = std::function<bool(pid_t)>;

    // `mark`: the kernel's count of lost records as the caller kept it (lost_mark()), of this run or the one before.
    AuditStatusWatch(const WatcherContext& context, Callbacks callbacks, std::optional<AuditLostMark> mark,
                     IsAlive is_alive);

    // Looks now; while a look is on its way, once more after it.
    void look_now();
    // Looks when nobody has asked for 0.3 s, after 10 s at most. For records: `augenrules --load` makes a CONFIG_CHANGE
    // of every rule, and what is loaded in between is nobody's intent.
    void look_soon();
    // A look was asked for and has not begun.
    [[nodiscard]] bool is_due() const { return soon_since_.has_value(); }
    [[nodiscard]] bool looking() const { return looking_; }
    // As Watcher::when_settled().
    void when_settled(const std::function<void()>& then);

    // Nothing comes into the log although the feed goes on, since then; none: it does. Tells the condition at once.
    void set_log_silent(std::optional<WallTime> since);

    // Why it cannot look or judge in full; empty: nothing.
    [[nodiscard]] std::string problem() const;
    // As of the last look; none: not known.
    [[nodiscard]] const std::optional<AuditStatus>& status() const { return facts_.status; }
    // auditd's, likewise.
    [[nodiscard]] std::optional<gid_t> log_group() const {
        return facts_.config ? facts_.config->log_group : std::nullopt;
    }
    // To be kept over a restart.
    [[nodiscard]] const std::optional<AuditLostMark>& lost_mark() const { return mark_; }

    [[nodiscard]] static std::vector<const Kind*> baseline_kinds();
    [[nodiscard]] Result<BaselineDiff> diff_baseline();
    // As Watcher::accept_baseline(), of what is known, which is what was shown; the other part stays as it was
    // accepted. Looks again.
    [[nodiscard]] Result<void> accept_baseline(std::string_view digest, const Wanted& wanted);
    // As Watcher::import_baseline().
    [[nodiscard]] Result<void> import_baseline(const ValueMap& document);

private:
    void load_accepted();
    void facts_read(AuditFacts facts);
    void tell();
    void count_lost();

    WatcherContext context_;
    std::string config_path_;
    Callbacks callbacks_;
    AuditBaseline baseline_;
    IsAlive is_alive_;
    std::optional<AuditLostMark> mark_;
    AuditFacts facts_;
    bool known_ = false;  // one look is over
    std::optional<AuditAccepted> accepted_;
    std::string baseline_problem_;
    std::optional<WallTime> log_silent_since_;
    Waiters waiting_;
    bool looking_ = false;
    bool once_more_ = false;
    std::optional<Monotonic> soon_since_;
    std::unique_ptr<Timer> soon_;
    std::unique_ptr<Timer> interval_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

// By kill(pid, 0): a process of another user answers EPERM, and is there.
[[nodiscard]] bool process_is_alive(pid_t pid);

}  // namespace integrityd
