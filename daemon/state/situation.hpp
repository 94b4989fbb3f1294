// Situation: what is the case. Joins ledger, verdict and chain.
//
// What watchers report becomes changes (ledger), changes become events (recorder → store), and the
// verdict follows. Everything reported within one turn of the loop is one batch, committed at its
// end; only then is anybody told. The verdict itself does not wait for the disk.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/event_loop.hpp"
#include "core/result.hpp"
#include "core/values.hpp"
#include "state/ledger.hpp"
#include "state/recorder.hpp"
#include "state/store.hpp"
#include "state/verdict.hpp"

namespace integrityd {

// An event of this type that happens now.
[[nodiscard]] EventDraft draft_of(const Clock& clock, EventType type);

class Situation {
public:
    struct Settings {
        Severity violated_at = Severity::high;
        Duration flush_repeats{0};
        std::vector<SeverityRule> rules;
    };
    struct Callbacks {
        // These events are on the disk: they may be told now.
        std::function<void(std::span<const Event>)> stored;
        // Verdict, counts or watchers' states may be others than before.
        std::function<void()> changed;
        // Events cannot be stored for now (told once): they wait in memory, the verdict does not.
        std::function<void(const Error&)> unwritable;
        // Nothing of what `changed` is about is other than before, but something beside it is: see touch().
        std::function<void()> touched = [] {};
    };

    // Takes over what the store holds. Errors: the store cannot be read.
    [[nodiscard]] static Result<std::unique_ptr<Situation>> open(EventLoop& loop, const Clock& clock, Store& store,
                                                                 Callbacks callbacks);
    ~Situation();
    Situation(const Situation&) = delete;
    Situation& operator=(const Situation&) = delete;

    void configure(Settings settings);

    void report(const Look& look);
    void report(const Observation& seen);
    // A condition that one of our own parts knows of: it holds, or holds no longer.
    void hold(const Observation& seen) { report(seen); }
    void clear(const Kind& kind, const std::string& subject);
    void notice(std::string_view kind, ValueMap data, std::optional<Requester> by = std::nullopt);
    // All or none: an id that neither the ledger nor the store knows (ENOENT) changes nothing.
    [[nodiscard]] Result<void> acknowledge(const std::vector<std::uint64_t>& ids, const Requester& by,
                                           std::string_view comment);

    // A fact that goes with what was reported until now, in the same commit; by itself it is stored as late as a
    // repeat.
    void keep(std::string_view name, std::string_view value);
    [[nodiscard]] std::optional<std::string> kept(std::string_view name) const { return recorder_->kept(name); }

    // States of the watchers, without `self`: part of the verdict.
    void set_watcher(const std::string& name, WatcherState state);
    // Something else may be other that is told together with the verdict, as a watcher's last look: to be told once, at
    // the end of this turn, when the verdict is the one that goes with it. Costs no write.
    void touch();

    // Everything that is open, but for what waits to be told for the first time: that goes with its event.
    [[nodiscard]] std::vector<LedgerEntry> told_entries() const;

    // The store is full of what nobody acknowledged: one violation stands for the oldest of it that is not `spared`.
    void fold(const std::function<bool(const Violation&)>& spared);

    // Commits what is pending now; else it happens at the end of this turn of the loop.
    void flush();
    // And what follows from its being told, as long as the store takes it.
    void settle();

    // As of the end of the last turn of the loop, or of the last flush().
    [[nodiscard]] const Judgement& judgement() const { return judgement_; }
    [[nodiscard]] WallTime since() const { return since_; }
    [[nodiscard]] const Ledger& ledger() const { return ledger_; }
    // Whether a violation of at least this severity is present in what a source reported.
    [[nodiscard]] bool violated(std::string_view source) const;
    // The last commit succeeded: what was pending then is stored.
    [[nodiscard]] bool writable() const { return recorder_->writable(); }
    // Events that are not stored yet.
    [[nodiscard]] std::size_t pending() const { return recorder_->pending(); }

private:
    Situation(EventLoop& loop, const Clock& clock, Store& store, Callbacks callbacks);

    [[nodiscard]] Result<void> find_all(const std::vector<std::uint64_t>& ids);
    void record(std::vector<Change> changes, const std::optional<Requester>& by = std::nullopt);
    void schedule_flush();
    void end_turn();
    void tell_verdict();
    void tell_changed();
    void schedule_late_flush();
    void events_stored(std::span<const Event> events);
    void flush_late();
    void commit();
    void take_refused();
    void report_refused();
    void store_failed(const Error& error);
    void store_works(std::uint64_t dropped);

    EventLoop& loop_;
    const Clock& clock_;
    Store& store_;
    Callbacks callbacks_;
    Settings settings_;
    Ledger ledger_;
    std::unique_ptr<Recorder> recorder_;
    std::map<std::string, WatcherState> watchers_;
    Judgement judgement_;
    WallTime since_ = 0;
    Verdict told_verdict_ = Verdict::unknown;
    // Since start: a second time is other evidence than the first.
    Refused refused_;
    Refused untold_;  // not yet among refused_
    std::uint64_t dropped_ = 0;
    bool store_unwritable_ = false;
    bool flush_scheduled_ = false;
    bool touched_ = false;       // and not told
    bool told_changed_ = false;  // in this flush
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    std::unique_ptr<Timer> repeats_timer_;
    std::unique_ptr<Timer> retry_timer_;
};

}  // namespace integrityd
