#include "watchers/audit/audit_status_watch.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "catalogue_kinds.hpp"
#include "core/config.hpp"
#include "core/escape.hpp"

namespace integrityd {

namespace {

constexpr Duration interval = std::chrono::seconds(30);
constexpr Duration interval_accuracy = std::chrono::seconds(1);
constexpr Duration retry = std::chrono::seconds(1);
constexpr Duration settle = std::chrono::milliseconds(300);
// auditd loads some 140 rules when it starts: that took 3 s of a busy device.
constexpr Duration longest_settle = std::chrono::seconds(10);
constexpr std::size_t longest_problem = 512;

}  // namespace

bool process_is_alive(pid_t pid) {
    // What a security module denies is there as well.
    return pid > 0 && (kill(pid, 0) == 0 || errno != ESRCH);
}

AuditStatusWatch::AuditStatusWatch(const WatcherContext& context, Callbacks callbacks,
                                   std::optional<AuditLostMark> mark, IsAlive is_alive)
    : context_(context),
      config_path_(context.config.audit.config),
      callbacks_(std::move(callbacks)),
      baseline_(context.baselines),
      is_alive_(std::move(is_alive)),
      mark_(std::move(mark)),
      soon_(context.loop.add_timer([this] { look_now(); })),
      // Not into the middle of rules that are being loaded: the look that waits for their end restarts the interval.
      interval_(context.loop.add_timer(
          [this] {
              if (!soon_since_) look_now();
          },
          interval_accuracy)) {}

void AuditStatusWatch::look_now() {
    soon_->stop();
    soon_since_.reset();
    if (looking_) {
        once_more_ = true;
        return;
    }
    looking_ = true;
    once_more_ = false;
    load_accepted();
    const auto submitted = context_.worker.run(
        Lane::audit,
        [opener = &context_.opener, config = config_path_] {
            return read_audit_facts(open_audit_facts(*opener), config);
        },
        [this, alive = std::weak_ptr<int>(alive_)](AuditFacts facts) {
            if (!alive.expired()) facts_read(std::move(facts));
        });
    looking_ = submitted.ok();
    interval_->start(submitted ? interval : retry);
}

void AuditStatusWatch::look_soon() {
    const Monotonic now = context_.loop.now();
    if (!soon_since_) soon_since_ = now;
    soon_->start(std::clamp(longest_settle - (now - *soon_since_), Duration{0}, settle));
}

void AuditStatusWatch::load_accepted() {
    auto loaded = baseline_.load();
    accepted_.reset();
    baseline_problem_.clear();
    if (!loaded)
        baseline_problem_ = escape_cut(loaded.error().message, longest_problem);
    else if (!*loaded)
        baseline_problem_ = "no accepted baseline: run `integrityctl baseline accept audit`";
    else
        accepted_ = std::move(**loaded);
    // Only one of the two was accepted so far.
    if (accepted_ && accepted_->rules.empty()) baseline_problem_ = "the audit rules were not accepted yet";
    if (accepted_ && accepted_->configs.empty()) baseline_problem_ = "auditd's configuration was not accepted yet";
}

void AuditStatusWatch::facts_read(AuditFacts facts) {
    looking_ = false;
    facts_ = std::move(facts);
    known_ = true;
    const std::weak_ptr<int> alive = alive_;
    tell();
    count_lost();
    if (alive.expired()) return;
    if (once_more_) return look_now();
    callbacks_.looked();
    if (!alive.expired()) waiting_.release();
}

void AuditStatusWatch::when_settled(const std::function<void()>& then) {
    if (!looking_ && !soon_since_) return then();
    waiting_.add(then);
    if (soon_since_) look_now();
}

void AuditStatusWatch::tell() {
    AuditAround around{config_path_, accepted_, true, log_silent_since_};
    const std::uint32_t pid = facts_.status ? facts_.status->kernel.pid : 0;
    if (pid != 0) around.auditd_alive = is_alive_(static_cast<pid_t>(pid));
    for (auto& look : judge(facts_, around))
        callbacks_.look(std::move(look));
}

void AuditStatusWatch::count_lost() {
    if (!facts_.status) return;
    const AuditLostMark now{context_.clock.boot_id(), facts_.status->kernel.lost};
    const std::uint32_t records = lost_since(mark_, now);
    mark_ = now;
    if (records > 0) callbacks_.happening(records_lost(records, now.lost));
}

void AuditStatusWatch::set_log_silent(std::optional<WallTime> since) {
    if (log_silent_since_ == since) return;
    log_silent_since_ = since;
    if (known_) tell();
    // Who does not write may have ended.
    look_now();
}

std::string AuditStatusWatch::problem() const {
    if (!known_) return "";
    if (!facts_.status) return "the kernel's audit cannot be asked: " + facts_.status_problem;
    if (!facts_.config) return "auditd's configuration cannot be read: " + facts_.config_problem;
    return baseline_problem_;
}

std::vector<const Kind*> AuditStatusWatch::baseline_kinds() {
    return {&kinds::audit_rules_changed, &kinds::audit_config_changed};
}

Result<BaselineDiff> AuditStatusWatch::diff_baseline() {
    if (!known_) return Error{"audit's state is being read", EAGAIN};
    BaselineDiff diff;
    diff.digest = facts_.digest();
    if (diff.digest.empty()) return Error{problem(), ENOENT};
    diff.difference = difference(facts_, {config_path_, accepted_, true, std::nullopt});
    diff.difference["image"] = escape(baseline_.image());
    return diff;
}

Result<void> AuditStatusWatch::accept_baseline(std::string_view digest, const Wanted& wanted) {
    const auto diff = diff_baseline();
    if (!diff) return diff.error();
    if (diff->digest != digest) return Error{"audit's rules or files are others than those that were shown", ECANCELED};
    AuditAccepted next = accepted_.value_or(AuditAccepted{});
    const bool rules = wanted.any({&kinds::audit_rules_changed}) && facts_.status;
    const bool config = wanted.any({&kinds::audit_config_changed}) && facts_.config;
    if (!rules && !config) return Error{problem(), ENOENT};
    if (rules) {
        next.rules = {facts_.status->rules_sha256};
        next.rule_list = facts_.rules();
    }
    if (config) {
        next.configs = {facts_.config->sha256};
        next.files = facts_.config->files;
    }
    if (auto accepted = baseline_.accept(next); !accepted) return accepted.error();
    look_now();
    return {};
}

Result<void> AuditStatusWatch::import_baseline(const ValueMap& document) {
    if (auto imported = baseline_.import(document); !imported) return imported;
    look_now();
    return {};
}

}  // namespace integrityd
