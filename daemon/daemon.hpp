// Daemon: builds and owns the graph of ARCHITECTURE.md; holds no logic of its own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bus/bus_service.hpp"
#include "clock_watch.hpp"
#include "core/clock.hpp"
#include "core/config.hpp"
#include "core/event_loop_sd.hpp"
#include "core/opener.hpp"
#include "core/worker.hpp"
#include "daemon_service.hpp"
#include "publish/reaction.hpp"
#include "publish/recipients.hpp"
#include "publish/state_file.hpp"
#include "self_baseline.hpp"
#include "self_checks.hpp"
#include "service_manager.hpp"
#include "sources/audit_kernel.hpp"
#include "state/age_clock.hpp"
#include "state/baseline.hpp"
#include "state/situation.hpp"
#include "state/store.hpp"
#include "state/store_open.hpp"
#include "watcher_host.hpp"
#include "watchers/file_traces.hpp"

namespace integrityd {

class Daemon {
public:
    // `config` was loaded from `source` and is without problems.
    Daemon(ConfigSource source, Config config);
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    // Runs until SIGTERM or SIGINT; returns the exit status.
    int run();

private:
    void open_store();
    void store_unusable(const Error& error);
    Result<void> start(std::unique_ptr<Store> store, const StoreOpening& opening);
    void begin(const PreviousRun& before, const StoreOpening& found);
    void announce_ready();
    void configure();
    void judge_own_state();
    void run_watcher(WatcherHost& host);
    void verify_chain();
    void chain_verified(const ChainCheck& check);
    void check_baselines();
    void reload();
    [[nodiscard]] const std::string& config_file() const;
    [[nodiscard]] bool must_look_again(const std::string& watcher, const Config& config) const;
    void take_config(Config config);
    void stop(const std::string& reason);

    [[nodiscard]] StoreBeginning new_chain(const StoreOpening& opening) const;
    void store_replaced(const StoreOpening& opening);
    void store_unwritable(const Error& error);
    void events_stored(std::span<const Event> events);
    void situation_changed();
    void recipient_changed(const RecipientConfig& config, const std::string& reason);
    void bus_changed(bool up, const std::string& reason);
    void keep_doubt(bool exactly = false);
    void tidy_up();
    void prune();

    ConfigSource source_;
    Config config_;
    SdEventLoop loop_;
    SystemClock clock_;
    std::unique_ptr<AuditKernel> audit_kernel_ = make_audit_kernel();
    CurrentOpener opener_;  // before the worker, whose jobs use it to their end
    std::unique_ptr<Worker> worker_;
    ServiceManager manager_;
    std::unique_ptr<StateFile> state_file_;
    Reaction reaction_;

    std::unique_ptr<Store> store_;
    std::optional<StoreOpening> replaced_at_start_;  // before there was a situation
    std::unique_ptr<BaselineStore> baselines_;
    std::unique_ptr<SelfBaseline> self_baseline_;
    std::unique_ptr<Situation> situation_;
    std::unique_ptr<SelfChecks> self_checks_;
    std::unique_ptr<Recipients> recipients_;
    FileTraces traces_;
    std::vector<std::unique_ptr<WatcherHost>> watchers_;
    std::unique_ptr<DaemonService> service_;
    std::shared_ptr<BusService> bus_;
    std::unique_ptr<AgeClock> age_clock_;
    std::unique_ptr<ClockWatch> clock_watch_;

    std::vector<std::unique_ptr<Source>> signals_;
    std::unique_ptr<Timer> store_retry_;
    std::unique_ptr<Timer> ready_timer_;
    std::unique_ptr<Timer> heartbeat_;
    bool ready_ = false;
};

}  // namespace integrityd
