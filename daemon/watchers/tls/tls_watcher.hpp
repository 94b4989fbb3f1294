// TlsWatcher: endpoints that this device talks to, or offers, stay what they were accepted as.
//
// Rounds over all endpoints every `interval`, at an offset of the device's own; endpoints that fail are tried again
// sooner, less and less often. OpenSSL is in memory during a round only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/waiters.hpp"
#include "sources/tls_policy.hpp"
#include "watchers/tls/tls_baseline.hpp"
#include "watchers/tls/tls_judge.hpp"
#include "watchers/tls/tls_reach.hpp"
#include "watchers/tls/tls_round.hpp"
#include "watchers/tls/tls_sweep.hpp"
#include "watchers/watcher.hpp"

namespace integrityd {

class TlsWatcher final : public Watcher {
public:
    // What the machine is asked for, so that tests can give other answers.
    struct Machine {
        std::string policy_directory;
        std::string machine_id;  // the file; its digest gives the device's offset
        std::function<bool()> has_default_route;
        std::function<bool()> may_use_network;
    };
    TlsWatcher(const WatcherContext& context, Machine machine);
    ~TlsWatcher() override;

    [[nodiscard]] std::string_view name() const override { return "tls"; }
    void start() override;
    Result<void> check() override;
    [[nodiscard]] WallTime next_look() const override { return next_look_; }
    [[nodiscard]] std::map<std::string, std::uint64_t> counters() const override;
    [[nodiscard]] std::optional<ValueMap> report() const override;
    [[nodiscard]] std::optional<ValueMap> progress() const override;
    void when_settled(const std::function<void()>& then) override;
    [[nodiscard]] std::vector<const Kind*> baseline_kinds() const override { return tls_baseline_kinds(); }
    [[nodiscard]] Result<BaselineDiff> diff_baseline() override;
    Result<void> accept_baseline(std::string_view digest, const Wanted& wanted) override;
    Result<void> import_baseline(const ValueMap& document) override;

private:
    // What is known of one endpoint.
    struct Known {
        const TlsEndpoint* config = nullptr;
        std::optional<TlsFacts> facts;  // of the last look that reached it
        TlsReach reach;
        std::string problem;
        bool refused = false;  // by the last look's server, for the client's certificate
        std::map<std::string, TlsTrialResult, std::less<>> trials;  // the last conclusive result of each
    };

    void sweep(bool all);
    void use_policy(const TlsSweep::Policy& policy);
    void looked(TlsFacts facts);
    void take(Known& known, TlsFacts facts);
    void remember_trials(Known& known, TlsFacts& facts) const;
    void sweep_done(bool all);
    void judge_all();
    void judge_one(const Known& known);
    void tell_reach();
    void tell_network(bool offline);
    [[nodiscard]] std::optional<bool> is_offline() const;
    void tell_health();
    void load_accepted();
    void judge_by_new_baseline();
    void plan_next();
    [[nodiscard]] std::optional<std::int64_t> now() const;
    [[nodiscard]] const TlsAccepted* accepted_of(const std::string& endpoint) const;
    [[nodiscard]] std::string digest() const;

    WatcherContext context_;
    const TlsConfig config_;  // its own: endpoints are referred to
    Machine machine_;
    TlsBaseline baseline_;
    std::map<std::string, Known, std::less<>> endpoints_;
    std::shared_ptr<const TlsPolicy> policy_;
    std::string policy_problem_;
    std::optional<TlsAcceptedAll> accepted_;
    std::string baseline_problem_;
    std::unique_ptr<TlsSweep> sweep_;
    std::unique_ptr<Timer> round_;  // the next round over all
    std::unique_ptr<Timer> retry_;  // the next try of what fails
    std::unique_ptr<Timer> clock_;  // whether a wrong clock was set
    Duration offset_{0};
    bool forbidden_ = false;  // the unit has no network for us
    bool first_ = true;
    bool owed_ = false;   // look_finished()
    bool again_ = false;  // a whole round was asked for while one was on its way
    WallTime next_look_ = 0;
    std::uint64_t looks_ = 0;
    std::uint64_t handshakes_ = 0;
    std::uint64_t failures_ = 0;
    TlsRound last_round_;  // the one that runs, or was the last
    Waiters settled_;
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

// For the list of watchers.
[[nodiscard]] std::unique_ptr<Watcher> make_tls_watcher(const WatcherContext& context);

// Whether there is anything to watch: no endpoint, no watcher.
[[nodiscard]] Enabled tls_enabled(const TlsConfig& config);

}  // namespace integrityd
