#include "watchers/audit/audit_logins.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "catalogue_kinds.hpp"
#include "core/escape.hpp"
#include "sources/audit_types.hpp"
#include "watchers/audit/audit_rules.hpp"

namespace integrityd {

namespace {

constexpr std::size_t most_failures = 10'000;
constexpr std::size_t most_names = 10;  // of accounts and origins that are listed
constexpr WallTime one_attempt = 1'000'000;
constexpr std::array<std::string_view, 2> attempts = {"USER_LOGIN", "USER_AUTH"};

std::string first_text(const AuditRecord& record, std::initializer_list<const char*> names) {
    for (const char* const name : names) {
        if (auto text = find_text(record, name); text && !text->empty()) return *std::move(text);
    }
    return {};
}

WallTime distance(WallTime one, WallTime other) {
    return one > other ? one - other : other - one;
}

ValueList listed(const std::set<std::string>& names) {
    ValueList list;
    for (const std::string& name : names) {
        if (list.size() < most_names) list.push_back(Value(escape_cut(name, 128)));
    }
    return list;
}

}  // namespace

std::vector<std::uint16_t> login_types() {
    std::vector<std::uint16_t> types;
    for (const std::string_view name : attempts)
        types.push_back(audit_type_number(name));
    return types;
}

bool is_failed_login(const AuditAct& act) {
    return std::ranges::find(attempts, act.type_name) != attempts.end() && act.result == AuditResult::failure;
}

std::optional<Observation> AuditLogins::take(const AuditAct& act, const AuditEvent& event) {
    if (!is_failed_login(act) || event.records.empty()) return std::nullopt;
    const AuditRecord& record = event.records.front();
    Failure failure{.time = act.time(), .pid = act.pid.value_or(0)};
    failure.account = first_text(record, {"acct", "id"});
    failure.origin = first_text(record, {"addr", "hostname", "terminal"});
    if (is_known(failure)) return std::nullopt;
    failures_.push_back(std::move(failure));
    forget_around(act.time());
    if (failures_.size() > most_failures) failures_.pop_front();
    count_steps();
    if (step_ == 0) return std::nullopt;
    return tell(act, event);
}

// The clock may have been set: what is stamped in the future would never get old, and keep what is behind it.
void AuditLogins::forget_around(WallTime time) {
    const auto window = static_cast<WallTime>(window_.count());
    std::erase_if(failures_, [&](const Failure& failure) { return distance(failure.time, time) > window; });
}

void AuditLogins::count_steps() {
    grew_ = false;
    if (failures_.size() < limit_) step_ = 0;
    for (std::size_t next = step_ == 0 ? limit_ : 2 * step_; next <= failures_.size(); next = 2 * step_) {
        step_ = next;
        grew_ = true;
    }
}

bool AuditLogins::is_known(const Failure& failure) const {
    return std::ranges::any_of(failures_, [&failure](const Failure& known) {
        return known.pid == failure.pid && distance(known.time, failure.time) < one_attempt;
    });
}

Observation AuditLogins::tell(const AuditAct& act, const AuditEvent& event) const {
    std::set<std::string> accounts;
    std::set<std::string> origins;
    for (const Failure& failure : failures_) {
        if (!failure.account.empty()) accounts.insert(failure.account);
        if (!failure.origin.empty()) origins.insert(failure.origin);
    }
    Observation seen = audit_observation(kinds::audit_login_failures, "logins", act, event);
    // Whose program refused them is no matter, and differs from one to the next; so do accounts and origins.
    seen.evidence = {{"failures_at_least", std::uint64_t{step_}}};
    seen.context["failures"] = std::uint64_t{failures_.size()};
    seen.context["actor_accounts"] = listed(accounts);
    seen.context["actor_origins"] = listed(origins);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(window_).count();
    seen.summary = std::to_string(failures_.size()) + " logins failed within " + std::to_string(seconds) + " s";
    return seen;
}

}  // namespace integrityd
