#include "daemon.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <signal.h>

#include "core/digest.hpp"
#include "core/log.hpp"
#include "publish/publisher_list.hpp"
#include "sources/aide_includes.hpp"
#include "state/recovering_store.hpp"
#include "version.hpp"
#include "watchers/watcher_list.hpp"

namespace integrityd {

namespace {

using namespace std::chrono_literals;

// A state directory that is not there yet (a late /var) or is full: looked for again this often.
constexpr Duration store_retry = 5s;
// A sign of life in the runtime directory (memory, not flash), and the time for pruning: what a
// coverage gap after a crash is measured from.
constexpr Duration heartbeat = 30s;
// A bus that takes longer to answer does not hold up whoever waits for us.
constexpr Duration bus_patience = 2s;
// How long the clock is still to be doubted, as AgeClock says it.
constexpr const char* clock_doubt_fact = "clock.doubt";

std::unique_ptr<Opener> make_opener(const Config& config, AuditKernel& kernel) {
    return config.broker.empty() ? make_direct_opener(config, aide_config_includes, kernel)
                                 : make_broker_opener(config.broker);
}

}  // namespace

Daemon::Daemon(ConfigSource source, Config config)
    : source_(std::move(source)),
      config_(std::move(config)),
      worker_(make_thread_worker(loop_)),
      manager_(*worker_),
      state_file_(std::make_unique<StateFile>(config_.runtime_dir)),
      store_retry_(loop_.add_timer([this] { open_store(); }, 100ms)),
      ready_timer_(loop_.add_timer([this] { announce_ready(); }, 10ms)),
      heartbeat_(loop_.add_timer([this] { tidy_up(); }, 5s)) {
    opener_.use(make_opener(config_, *audit_kernel_));
    signals_.push_back(loop_.add_signal(SIGTERM, [this] { stop("SIGTERM"); }));
    signals_.push_back(loop_.add_signal(SIGINT, [this] { stop("SIGINT"); }));
    signals_.push_back(loop_.add_signal(SIGHUP, [this] { reload(); }));
}

// What asks goes before what is asked.
Daemon::~Daemon() {
    watchers_.clear();
    if (recipients_) recipients_->clear();
    bus_.reset();
}

int Daemon::run() {
    loop_.enable_watchdog();
    loop_.post([this] { open_store(); });
    return loop_.run();
}

void Daemon::open_store() {
    StoreOpening opening;
    auto store = open_recovering_store({.directory = config_.state_dir,
                                        .max_size = config_.store_max_size,
                                        .keep = static_cast<std::uint64_t>(config_.store_keep.count())},
                                       opening,
                                       {.begin = [this](const StoreOpening& damaged) { return new_chain(damaged); },
                                        .replaced = [this](const StoreOpening& damaged) { store_replaced(damaged); }});
    if (!store) return store_unusable(store.error());
    if (auto started = start(std::move(*store), opening); !started) store_unusable(started.error());
}

// Nothing can be recorded, so nothing is looked at: the verdict stays `unknown`, and that is said.
void Daemon::store_unusable(const Error& error) {
    log::error("the store cannot be opened, trying again: {}", error.message);
    state_file_->write({.verdict = Verdict::unknown, .since = clock_.wall(), .reason = error.message});
    manager_.status("The store cannot be opened: " + error.message);
    announce_ready();
    store_retry_->start(store_retry);
}

Result<void> Daemon::start(std::unique_ptr<Store> store, const StoreOpening& opening) {
    store_ = std::move(store);
    const PreviousRun before = previous_run(*store_, state_file_->last_sign());
    baselines_ = make_baseline_store(config_.state_dir, *store_);
    auto situation = Situation::open(loop_, clock_, *store_,
                                     {.stored = [this](std::span<const Event> events) { events_stored(events); },
                                      .changed = [this] { situation_changed(); },
                                      .unwritable = [this](const Error& error) { store_unwritable(error); },
                                      .touched = [this] { bus_->refresh(); }});
    if (!situation) {
        // It holds its file for itself alone: the next try could not open it beside.
        baselines_.reset();
        store_.reset();
        return situation.error();
    }
    situation_ = std::move(*situation);
    self_checks_ = std::make_unique<SelfChecks>(*situation_, clock_);
    self_baseline_ = std::make_unique<SelfBaseline>(*baselines_);
    recipients_ = std::make_unique<Recipients>(
        loop_, *store_, clock_,
        Recipients::Callbacks{.reachability = [this](const RecipientConfig& config,
                                                     const std::string& reason) { recipient_changed(config, reason); },
                              .lost = [this](const RecipientConfig& config,
                                             std::uint64_t pruned) { self_checks_->recipient_lost(config, pruned); }});
    service_ = std::make_unique<DaemonService>(
        DaemonService::Parts{.loop = loop_,
                             .store = *store_,
                             .situation = *situation_,
                             .recipients = *recipients_,
                             .baselines = *baselines_,
                             .self = *self_baseline_,
                             .watchers = watchers_,
                             .verified = [this](const ChainCheck& check) { chain_verified(check); }});
    bus_ = std::make_shared<BusService>(
        loop_, *worker_, *service_,
        BusSettings{.version = version,
                    .changed = [this](bool up, const std::string& reason) { bus_changed(up, reason); }});
    age_clock_ = std::make_unique<AgeClock>(clock_, before.last_sign, situation_->kept(clock_doubt_fact));
    clock_watch_ = std::make_unique<ClockWatch>(loop_, clock_, [this](std::int64_t by) {
        age_clock_->stepped(by);
        keep_doubt();
        self_checks_->clock_stepped(by);
        self_checks_->clock();
    });
    begin(before, opening);
    return {};
}

// Everything is there: say so, look, and tell.
void Daemon::begin(const PreviousRun& before, const StoreOpening& found) {
    // Damage that showed only when the entries were read was healed by then.
    const StoreOpening opening = replaced_at_start_.value_or(found);
    for (const auto& name : watcher_names())
        watchers_.push_back(std::make_unique<WatcherHost>(name, *situation_, clock_));
    configure();
    reaction_.resume(state_file_->violated(store_->stream()));
    std::vector<std::string> watched = enabled_watchers(config_);
    for (const auto& host : watchers_)
        if (host->is_absent()) std::erase(watched, host->name());
    self_checks_->started(before, opening, watched, version);  // the first event of this run
    keep_doubt();
    judge_own_state();
    self_checks_->clock();
    for (const auto& host : watchers_)
        run_watcher(*host);
    situation_->flush();
    bus_->start();
    heartbeat_->start(heartbeat);
    if (ready_) verify_chain();  // there was no store before
    ready_timer_->start(bus_patience);
    log::info("integrityd {} started, stream {}, sequence {}", version, store_->stream(), store_->last_sequence());
}

// Who is started after us finds us on the bus; where there is none we are ready without it.
void Daemon::announce_ready() {
    if (std::exchange(ready_, true)) return;
    ready_timer_->stop();
    manager_.ready();
    if (service_) verify_chain();
}

// What the configuration decides, at start and on reload.
void Daemon::configure() {
    situation_->configure(
        {.violated_at = config_.violated_at, .flush_repeats = config_.flush_repeats, .rules = config_.severity_rules});
    reaction_.configure(config_.reaction);
    store_->set_limits(config_.store_max_size, static_cast<std::uint64_t>(config_.store_keep.count()));
    recipients_->clear();
    for (const auto& recipient : config_.recipients) {
        auto publisher =
            recipient.type == RecipientType::dbus ? std::shared_ptr<Publisher>(bus_) : make_publisher(recipient);
        recipients_->add(recipient, std::move(publisher), self_checks_->failing_since(recipient));
    }
    const auto is_bus = [](const RecipientConfig& recipient) { return recipient.type == RecipientType::dbus; };
    if (std::ranges::none_of(config_.recipients, is_bus)) {
        log::warning("no recipient is of type dbus: applications that subscribe hear of nothing");
    }
    self_baseline_->set_config(config_);
}

// What follows for `self` from a configuration that is in force.
void Daemon::judge_own_state() {
    self_checks_->config_problems({}, config_file());
    self_checks_->recipients(config_.recipients);
    check_baselines();
}

void Daemon::run_watcher(WatcherHost& host) {
    auto watcher = make_watcher(host.name(), {.loop = loop_,
                                              .worker = *worker_,
                                              .opener = opener_,
                                              .clock = clock_,
                                              .config = config_,
                                              .baselines = *baselines_,
                                              .sink = host,
                                              .traces = traces_});
    if (auto look = watcher ? std::nullopt : taken_back_by(config_, host.name())) host.report(std::move(*look));
    host.run(std::move(watcher));
}

// The old chain is verified beside the work: a device must not start later because its history is long.
void Daemon::verify_chain() {
    service_->verify_at_start([](const Result<ChainCheck>& checked) {
        if (!checked) log::error("the chain of events cannot be read: {}", checked.error().message);
    });
}

// Also when an operator asked: what `verify` finds is as much a violation as what the start finds.
void Daemon::chain_verified(const ChainCheck& check) {
    if (!check.intact) self_checks_->events_tampered(check.detail);
}

// Documents can be edited at any time, and put back: each heartbeat looks, not only the start.
void Daemon::check_baselines() {
    std::vector<std::string> names = watcher_names();
    names.emplace_back("self");
    self_checks_->baselines(*baselines_, *self_baseline_, names);
}

// The file was damaged while we ran: the chain goes on in a new one, with everything that is open.
StoreBeginning Daemon::new_chain(const StoreOpening& opening) const {
    StoreBeginning beginning;
    beginning.drafts.push_back(SelfChecks::stream_begun(clock_, opening));
    if (situation_) beginning.entries = situation_->told_entries();
    return beginning;
}

void Daemon::store_replaced(const StoreOpening& opening) {
    log::error("the store was damaged and set aside as {}: {}", opening.set_aside, opening.damage);
    if (!situation_) {
        replaced_at_start_ = opening;  // begin() tells it
    } else {
        loop_.post([this, opening] { self_checks_->store_damaged(opening); });
    }
}

// The journal is told at once; the signal waits for the store (contract section 4).
void Daemon::store_unwritable(const Error& error) {
    log::error("not yet stored: {} events wait in memory: {}", situation_->pending(), error.message);
}

void Daemon::events_stored(std::span<const Event> events) {
    state_file_->lives();
    recipients_->deliver(events);
}

void Daemon::situation_changed() {
    const Judgement& judgement = situation_->judgement();
    state_file_->write({.verdict = judgement.verdict,
                        .since = situation_->since(),
                        .sequence = store_->last_sequence(),
                        .reason = judgement.reason});
    // Nothing is restored before every watcher has looked.
    const Flag flag = reaction_.decide(situation_->ledger().entries());
    const std::string_view known_to = situation_->writable() ? store_->stream() : std::string_view();
    if (flag == Flag::violated || judgement.verdict != Verdict::unknown) state_file_->latch(flag, known_to);
    manager_.status(fmt::format("Verdict {}: {}", to_string(judgement.verdict), judgement.reason));
    bus_->refresh();
}

void Daemon::recipient_changed(const RecipientConfig& config, const std::string& reason) {
    if (reason.empty())
        log::info("recipient {} is reached", config.name);
    else
        log::warning("recipient {} cannot be reached: {}", config.name, reason);
    self_checks_->recipient(config, reason);
}

void Daemon::bus_changed(bool up, const std::string& reason) {
    announce_ready();
    if (up) return recipients_->retry(RecipientType::dbus);
    log::warning("no bus, watching goes on: {}", reason);
}

const std::string& Daemon::config_file() const {
    return source_.only_file.empty() ? source_.main_file : source_.only_file;
}

void Daemon::reload() {
    manager_.reloading();
    auto loaded = load_config(source_);
    for (const auto& problem : loaded.problems)
        log::error("{}", to_string(problem));
    if (!loaded.problems.empty()) {
        if (self_checks_) self_checks_->config_problems(loaded.problems, config_file());
    } else if (situation_) {
        take_config(std::move(loaded.config));
    } else {
        config_ = std::move(loaded.config);  // the store is being waited for: perhaps elsewhere now
        opener_.use(make_opener(config_, *audit_kernel_));
        setup_log(config_.log_level);
    }
    manager_.ready();
}

// Its own settings are others; or severities, which what is open gets when it is seen again; or what was accepted is
// not what it goes by any more.
bool Daemon::must_look_again(const std::string& watcher, const Config& config) const {
    return !same_for_watcher(watcher, config_, config) || config_.broker != config.broker ||
           config_.severity_rules != config.severity_rules || !baselines_->load(watcher);
}

void Daemon::take_config(Config config) {
    if (config.state_dir != config_.state_dir || config.runtime_dir != config_.runtime_dir) {
        log::warning("state_dir and runtime_dir take effect with the next start");
    }
    situation_->flush();
    // A watcher that nothing changes for goes on: a reload must not make the verdict `unknown` for a moment.
    std::vector<WatcherHost*> changed;
    for (const auto& host : watchers_) {
        if (must_look_again(host->name(), config)) changed.push_back(host.get());
    }
    for (WatcherHost* host : changed)
        host->stop();
    config_ = std::move(config);
    opener_.use(make_opener(config_, *audit_kernel_));
    setup_log(config_.log_level);
    configure();
    situation_->notice("config.reloaded", {{"digest", Value(sha256_hex(config_.canonical))}});
    judge_own_state();
    for (WatcherHost* host : changed)
        run_watcher(*host);
    log::info("configuration reloaded");
}

void Daemon::stop(const std::string& reason) {
    manager_.stopping();
    // They say how far they came, which goes with the last events.
    for (const auto& host : watchers_)
        host->stop();
    if (situation_) {
        situation_->settle();
        keep_doubt(true);
        // The last event of this run: the next one knows by it that nothing was lost in between.
        self_checks_->stopped(reason);
        situation_->flush();
        if (!situation_->writable()) log::error("{} events could not be stored to the end", situation_->pending());
        recipients_->save_marks();
    }
    log::info("stopped by {}", reason);
    loop_.exit(0);
}

// Stored with what is told of the clock: whoever ends us meanwhile does not make the next run believe.
void Daemon::keep_doubt(bool exactly) {
    const auto rest = age_clock_->to_keep(situation_->kept(clock_doubt_fact), exactly);
    if (rest) situation_->keep(clock_doubt_fact, *rest);
}

void Daemon::tidy_up() {
    state_file_->touch();
    keep_doubt();
    check_baselines();
    prune();
    heartbeat_->start(heartbeat);
}

// Step by step, so that the loop goes on in between.
void Daemon::prune() {
    const auto pruned = store_->prune(age_clock_->now());
    if (!pruned) return log::warning("pruning: {}", pruned.error().message);
    if (*pruned > 0) return loop_.post([this] { prune(); });
    if (!store_->crowded()) return;
    situation_->fold([this](const Violation& violation) { return reaction_.waits_for(violation); });
}

}  // namespace integrityd
