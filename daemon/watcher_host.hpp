// WatcherHost: one watcher, and what is known of it: its state, since when it is blind, its looks.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bus/service.hpp"
#include "core/clock.hpp"
#include "core/waiters.hpp"
#include "state/situation.hpp"
#include "watchers/watcher.hpp"

namespace integrityd {

class WatcherHost final : public WatcherSink {
public:
    WatcherHost(std::string name, Situation& situation, const Clock& clock);

    // Runs this watcher; without one it is `disabled`.
    void run(std::unique_ptr<Watcher> watcher);
    // Ends the watcher that runs: another one follows.
    void stop() { watcher_.reset(); }
    // Called once, at the end of the next look.
    void when_looked(std::function<void()> then) { waiting_.add(std::move(then)); }

    [[nodiscard]] Watcher* watcher() { return watcher_.get(); }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] WatcherStatus status() const;
    // What it watches was not on this device when that was last known, in this run or before.
    [[nodiscard]] bool is_absent() const { return absent_; }

    void report(Look look) override;
    void report(Observation happening) override;
    void health(Health health) override;
    void look_finished() override;
    void keep(std::string_view cursor) override;
    [[nodiscard]] std::optional<std::string> kept() const override;

private:
    [[nodiscard]] WatcherState state() const;
    void tell();
    void tell_blind();
    void keep_absence();
    void look_is_over();

    std::string name_;
    Situation& situation_;
    const Clock& clock_;
    std::unique_ptr<Watcher> watcher_;
    Health health_;
    WallTime blind_since_ = 0;
    WallTime last_look_ = 0;
    bool looked_ = false;
    bool absent_ = false;
    Waiters waiting_;
};

}  // namespace integrityd
