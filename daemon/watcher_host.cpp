#include "watcher_host.hpp"

#include "core/catalogue_kinds.hpp"

namespace integrityd {

WatcherHost::WatcherHost(std::string name, Situation& situation, const Clock& clock)
    : name_(std::move(name)), situation_(situation), clock_(clock) {
    absent_ = situation_.kept("absent." + name_) == "yes";
    situation_.set_watcher(name_, state());
}

void WatcherHost::run(std::unique_ptr<Watcher> watcher) {
    watcher_ = std::move(watcher);
    looked_ = false;
    health({});
    if (watcher_) return watcher_->start();
    situation_.clear(kinds::self_watcher_blind, name_);
    look_is_over();  // there will be none
}

void WatcherHost::report(Look look) {
    situation_.report(look);
    tell();
}

void WatcherHost::report(Observation happening) {
    situation_.report(happening);
    tell();
}

void WatcherHost::health(Health health) {
    health_ = std::move(health);
    if (health_.can_look)
        blind_since_ = 0;
    else if (blind_since_ == 0)
        blind_since_ = clock_.wall();
    tell();
}

void WatcherHost::look_finished() {
    looked_ = true;
    last_look_ = clock_.wall();
    tell();
    look_is_over();
}

void WatcherHost::keep(std::string_view cursor) {
    situation_.keep("cursor." + name_, cursor);
}

std::optional<std::string> WatcherHost::kept() const {
    return situation_.kept("cursor." + name_);
}

void WatcherHost::look_is_over() {
    waiting_.release();
}

// While it is starting it is not blind yet: it has not said what it can see.
void WatcherHost::tell_blind() {
    if (!looked_) return;
    if (health_.can_look) return situation_.clear(kinds::self_watcher_blind, name_);
    Observation blind{.kind = &kinds::self_watcher_blind, .subject = name_};
    blind.summary = "the " + name_ + " watcher is blind: " + health_.reason;
    blind.evidence = {{"reason", health_.reason}};
    situation_.hold(blind);
}

// Where there is nothing to watch, an end without notice leaves no gap.
void WatcherHost::keep_absence() {
    const bool absent = state() == WatcherState::absent;
    if (!looked_ || absent == absent_) return;
    absent_ = absent;
    situation_.keep("absent." + name_, absent ? "yes" : "no");
}

WatcherState WatcherHost::state() const {
    if (!watcher_) return WatcherState::disabled;
    if (!looked_) return WatcherState::starting;
    if (health_.absent && !situation_.violated(name_)) return WatcherState::absent;
    if (!health_.can_look) return WatcherState::blind;
    return situation_.violated(name_) ? WatcherState::violated : WatcherState::intact;
}

void WatcherHost::tell() {
    tell_blind();
    keep_absence();
    situation_.set_watcher(name_, state());
    situation_.touch();
}

WatcherStatus WatcherHost::status() const {
    WatcherStatus status{.name = name_, .state = state()};
    status.detail = health_.can_look && !health_.absent ? "" : health_.reason;
    status.blind_since = blind_since_;
    status.last_look = last_look_;
    if (watcher_) {
        status.next_look = watcher_->next_look();
        status.counters = watcher_->counters();
    }
    return status;
}

}  // namespace integrityd
