#include "watchers/tls/tls_watcher.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "core/canonical_json.hpp"
#include "core/digest.hpp"
#include "core/escape.hpp"
#include "sources/tls_connect.hpp"
#include "sources/tls_suites.hpp"
#include "watchers/tls/tls_report.hpp"

namespace integrityd {

namespace {

constexpr Duration accuracy = std::chrono::seconds(1);
// A clock that was wrong is set soon after the network is there.
constexpr Duration clock_interval = std::chrono::seconds(30);
// A reply on the bus holds 1 MiB; what is left out of a long report is said.
constexpr std::size_t largest_report = 640U << 10;
constexpr std::string_view no_network = "the unit lets integrityd use no network: see TLS ENDPOINTS in integrityd(8)";

// From a quarter of the interval to the whole of it, the same after every start of this device: a fleet that was
// switched on at once does not ask its backend at once, each hour again.
Duration offset_of(const std::string& machine_id_file, Duration interval) {
    std::ifstream file(machine_id_file);
    std::string id;
    std::getline(file, id);
    const auto digest = sha256("tls " + id);
    const auto share = static_cast<std::int64_t>(digest[0] << 8 | digest[1]);
    return interval / 4 + Duration(interval.count() * 3 / 4 / 65536 * share);
}

}  // namespace

TlsWatcher::TlsWatcher(const WatcherContext& context, Machine machine)
    : context_(context),
      config_(context.config.tls),
      machine_(std::move(machine)),
      baseline_(context.baselines),
      round_(context.loop.add_timer([this] { sweep(true); }, accuracy)),
      retry_(context.loop.add_timer([this] { sweep(false); }, accuracy)),
      clock_(context.loop.add_timer([this] { judge_all(); }, accuracy)),
      offset_(offset_of(machine_.machine_id, config_.interval)) {
    for (const auto& endpoint : config_.endpoints)
        endpoints_[endpoint.name].config = &endpoint;
}

TlsWatcher::~TlsWatcher() = default;

void TlsWatcher::start() {
    context_.sink.report(judge_configured(config_.endpoints));
    sweep(true);
}

Result<void> TlsWatcher::check() {
    sweep(true);
    return {};
}

void TlsWatcher::when_settled(const std::function<void()>& then) {
    if (!sweep_) return then();
    settled_.add(then);
}

void TlsWatcher::sweep(bool all) {
    owed_ = owed_ || all;
    if (sweep_) {
        // The one that runs may have passed what the caller means.
        again_ = again_ || all;
        return;
    }
    std::vector<const TlsEndpoint*> which;
    const Monotonic soon = context_.loop.now() + accuracy;
    for (const auto& [name, known] : endpoints_) {
        if (all || (known.reach.failing() && known.reach.again(config_.interval) <= soon))
            which.push_back(known.config);
    }
    load_accepted();
    forbidden_ = !machine_.may_use_network();
    last_round_.begin(which);
    sweep_ = std::make_unique<TlsSweep>(
        context_.loop, context_.worker, std::move(which),
        TlsSweep::Options{config_.timeout, config_.policy, machine_.policy_directory, now()},
        TlsSweep::Handlers{[this](const TlsSweep::Policy& policy) { use_policy(policy); },
                           [this](TlsFacts facts) { looked(std::move(facts)); }, [this, all] { sweep_done(all); }});
}

void TlsWatcher::use_policy(const TlsSweep::Policy& policy) {
    policy_ = policy ? *policy : nullptr;
    policy_problem_ = policy ? "" : "policy: " + policy.error().message;
}

void TlsWatcher::looked(TlsFacts facts) {
    Known& known = endpoints_.at(facts.endpoint);
    handshakes_ += facts.connections;
    known.problem = facts.problem;
    if (facts.problem.empty()) take(known, std::move(facts));
    last_round_.done(known.config->name, endpoint_state(known.facts.has_value(), known.reach, known.problem),
                     known.problem.empty() ? known.reach.reason() : known.problem);
}

void TlsWatcher::take(Known& known, TlsFacts facts) {
    facts.looked = context_.clock.wall();
    // A server that refuses this device has shown its certificate nevertheless, which is judged; where this device has
    // none to give, no more is expected of it.
    known.refused = facts.seen.refuses_client;
    if (facts.reached() && (!known.refused || known.config->client_certificate.empty())) {
        known.reach.succeeded();
    } else {
        ++failures_;
        known.reach.failed(context_.loop.now(), facts.seen.outcome, facts.seen.reason);
    }
    if (!facts.reached()) return;
    remember_trials(known, facts);
    known.facts = std::move(facts);
    judge_one(known);
}

// A trial that was not answered this time leaves what it said before.
void TlsWatcher::remember_trials(Known& known, TlsFacts& facts) const {
    for (auto& trial : facts.trials) {
        const auto before = known.trials.find(trial.name);
        if (trial.answered())
            known.trials[trial.name] = trial;
        else if (before != known.trials.end())
            trial = before->second;
    }
}

void TlsWatcher::sweep_done(bool all) {
    sweep_.reset();
    tell_reach();
    if (policy_) {
        if (auto look = judge_policy(*policy_, now())) context_.sink.report(std::move(*look));
    }
    tell_health();
    if (all) {
        ++looks_;
        const Duration until_next = first_ ? offset_ : config_.interval;
        first_ = false;
        round_->start(until_next);
        next_look_ = context_.clock.wall() + static_cast<WallTime>(until_next.count());
    }
    plan_next();
    if (!now()) clock_->start(clock_interval);
    if (std::exchange(again_, false)) sweep(true);
    const std::weak_ptr<int> alive = alive_;
    if (all) {
        owed_ = sweep_ != nullptr;
        context_.sink.look_finished();
    }
    if (!alive.expired() && !sweep_) settled_.release();
}

// Endpoints that fail, at the time of the earliest.
void TlsWatcher::plan_next() {
    retry_->stop();
    std::optional<Monotonic> earliest;
    for (const auto& [name, known] : endpoints_) {
        if (!known.reach.failing()) continue;
        const Monotonic when = known.reach.again(config_.interval);
        if (!earliest || when < *earliest) earliest = when;
    }
    if (earliest) retry_->start(std::max(*earliest - context_.loop.now(), Duration(accuracy)));
}

// By what was seen last: after an acceptance, and when the clock was set.
void TlsWatcher::judge_all() {
    for (const auto& [name, known] : endpoints_) {
        if (known.facts) judge_one(known);
    }
    tell_health();
    if (!now()) clock_->start(clock_interval);
}

void TlsWatcher::judge_one(const Known& known) {
    const TlsAround around{policy_ ? &*policy_ : nullptr, now(), config_.expiring, accepted_of(known.config->name)};
    for (auto& look : judge(*known.facts, *known.config, around))
        context_.sink.report(std::move(look));
}

void TlsWatcher::tell_health() {
    std::string reason = forbidden_ ? std::string(no_network) : policy_problem_;
    if (reason.empty()) reason = baseline_problem_;
    std::string without;
    for (const auto& [name, known] : endpoints_) {
        if (reason.empty() && !known.problem.empty()) reason = name + ": " + known.problem;
        // Whoever pins has said what is right.
        if (accepted_of(name) == nullptr && known.config->spki_sha256.empty())
            without += (without.empty() ? "" : ", ") + name;
    }
    if (reason.empty() && !without.empty())
        reason = "no accepted baseline for " + without + ": run `integrityctl baseline accept tls`";
    context_.sink.health({.can_look = reason.empty(), .reason = escape_cut(reason, 512)});
}

void TlsWatcher::load_accepted() {
    auto loaded = baseline_.load();
    accepted_.reset();
    baseline_problem_.clear();
    if (!loaded)
        baseline_problem_ = escape_cut(loaded.error().message, 512);
    else
        accepted_ = std::move(*loaded);
}

std::optional<std::int64_t> TlsWatcher::now() const {
    if (context_.clock.state() == ClockState::unset) return std::nullopt;
    return static_cast<std::int64_t>(context_.clock.wall() / 1'000'000);
}

const TlsAccepted* TlsWatcher::accepted_of(const std::string& endpoint) const {
    if (!accepted_) return nullptr;
    const auto found = accepted_->find(endpoint);
    return found != accepted_->end() ? &found->second : nullptr;
}

std::map<std::string, std::uint64_t> TlsWatcher::counters() const {
    std::uint64_t reached = 0;
    for (const auto& [name, known] : endpoints_)
        reached += known.facts && !known.reach.failing() ? 1 : 0;
    return {{"looks", looks_},
            {"endpoints", endpoints_.size()},
            {"reached", reached},
            {"handshakes", handshakes_},
            {"failures", failures_},
            {"check_running", owed_ ? 1U : 0U},
            {"check_done", sweep_ ? last_round_.finished() : 0},
            {"check_size", sweep_ ? last_round_.size() : 0},
            {"check_round", last_round_.number()}};
}

std::optional<ValueMap> TlsWatcher::progress() const {
    return last_round_.progress();
}

std::optional<ValueMap> TlsWatcher::report() const {
    ValueMap report;
    ValueList endpoints;
    std::size_t size = 0;
    for (const auto& [name, known] : endpoints_) {
        auto endpoint =
            report_endpoint(*known.config, known.facts ? &*known.facts : nullptr, known.reach, known.problem, !now());
        size += canonical_json(Value(endpoint)).size();
        if (size > largest_report) {
            endpoint.erase("path");
            endpoint.erase("trials");
            endpoint["cut"] = "the report would be too long: certificates and trials are left out";
        }
        endpoints.emplace_back(std::move(endpoint));
    }
    report["endpoints"] = std::move(endpoints);
    report["cannot_probe"] = text_list(not_offerable());
    if (policy_) {
        report["policy"] = ValueMap{{"name", policy_->name},
                                    {"title", policy_->title},
                                    {"date", policy_->date},
                                    {"until", policy_->until_text}};
        ValueList sources;
        for (const auto& source : policy_->sources)
            sources.emplace_back(ValueMap{{"name", source.name}, {"text", source.text}, {"checked", source.checked}});
        report["sources"] = std::move(sources);
    }
    return report;
}

Enabled tls_enabled(const TlsConfig& config) {
    return config.endpoints.empty() ? Enabled::no : config.enabled;
}

std::unique_ptr<Watcher> make_tls_watcher(const WatcherContext& context) {
    return std::make_unique<TlsWatcher>(
        context, TlsWatcher::Machine{INTEGRITYD_TLS_POLICIES, "/etc/machine-id", has_default_route, may_use_network});
}

}  // namespace integrityd
