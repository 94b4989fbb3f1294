#include "watchers/audit/audit_cross_check.hpp"

#include <algorithm>
#include <utility>

namespace integrityd {

namespace {

// The way of the log is kept as points in time; between two of them it is not known, and the later one counts.
constexpr Duration point_distance = std::chrono::milliseconds(250);

// Serials wrap at 32 bits: the shorter way round is the order.
bool is_after(std::uint32_t left, std::uint32_t right) {
    return static_cast<std::int32_t>(left - right) > 0;
}

}  // namespace

void AuditCrossCheck::feed_joining() {
    if (slots_.empty()) slots_.resize(window);
}

void AuditCrossCheck::feed_joined() {
    feed_joining();
    joined_ = true;
    ever_joined_ = true;
    fresh_ = true;
}

void AuditCrossCheck::feed_left() {
    joined_ = false;
    if (!ever_joined_) slots_ = {};  // there may never be one
}

void AuditCrossCheck::log_live(Monotonic now) {
    if (!live_) live_since_ = now;
    live_ = true;
}

void AuditCrossCheck::log_not_live() {
    live_ = false;
}

// An event makes room for one that is a whole window younger.
void AuditCrossCheck::push_out(const Slot& slot) {
    if (slot.seen != Seen::feed) return;
    const AuditStamp event{slot.milliseconds, slot.serial};
    if (!pushed_out_) pushed_out_ = AuditMissing{0, event, event};
    ++pushed_out_->count;
    pushed_out_->last = event;
    --waiting_;
}

void AuditCrossCheck::on_feed(const AuditStamp& event, Monotonic now) {
    if (!joined_) return;
    if (std::exchange(fresh_, false)) first_on_feed_ = event;
    if (first_on_feed_ == event) return;
    Slot& slot = slot_of(event);
    if (!slot.holds(event)) {
        push_out(slot);
        slot = {event.milliseconds, event.serial, Seen::feed};
        expected_.push_back({event, now});
        ++waiting_;
    } else if (slot.seen == Seen::log) {
        slot.seen = Seen::both;
        matched(event, now);
    }
}

void AuditCrossCheck::in_log(const AuditStamp& event, Monotonic now) {
    if (slots_.empty()) return;
    Slot& slot = slot_of(event);
    if (!slot.holds(event)) {
        // Old logs are read, too: what is in them must not take the place of what was on the feed since.
        const bool taken = slot.seen == Seen::feed || (slot.seen == Seen::both && !is_after(event.serial, slot.serial));
        if (taken) return found_late(event);
        slot = {event.milliseconds, event.serial, Seen::log};
        return;
    }
    if (slot.seen == Seen::log) return;
    if (slot.seen == Seen::feed) --waiting_;
    slot.seen = Seen::both;
    matched(event, now);
    forget_found();
}

// What had to make room comes after all: auditd was behind by more than a window, or stopped for a while.
void AuditCrossCheck::found_late(const AuditStamp& event) {
    if (!pushed_out_ || pushed_out_->count == 0 || late_serial_ == event.serial) return;
    if (is_after(pushed_out_->first.serial, event.serial) || is_after(event.serial, pushed_out_->last.serial)) return;
    if (event.milliseconds < pushed_out_->first.milliseconds) return;
    late_serial_ = event.serial;
    --pushed_out_->count;
}

void AuditCrossCheck::matched(const AuditStamp& event, Monotonic now) {
    last_match_ = now;
    if (highest_ && !is_after(event.serial, *highest_)) return;
    highest_ = event.serial;
    // The last point moves on until it is far enough from the one before it.
    const bool moves = passed_.size() > 1 && passed_.back().time - passed_[passed_.size() - 2].time < point_distance;
    if (moves) passed_.pop_back();
    passed_.push_back({now, event.serial});
}

void AuditCrossCheck::forget_found() {
    while (!expected_.empty() && !is_expected(expected_.front()))
        expected_.pop_front();
}

bool AuditCrossCheck::log_passed(std::uint32_t serial) const {
    return passed_long_ && is_after(*passed_long_, serial);
}

void AuditCrossCheck::add_missing(const AuditMissing& more) {
    if (more.count == 0) return;
    if (!missing_) missing_ = AuditMissing{0, more.first, more.last};
    missing_->count += more.count;
    missing_->last = more.last;
}

std::optional<AuditMissing> AuditCrossCheck::expire(Monotonic now) {
    while (!passed_.empty() && now - passed_.front().time >= grace) {
        passed_long_ = passed_.front().serial;
        passed_.pop_front();
    }
    if (live_ && pushed_out_ && log_passed(pushed_out_->last.serial)) {
        add_missing(*pushed_out_);
        pushed_out_.reset();
    }
    std::deque<Expected> still;
    for (const Expected& expected : std::exchange(expected_, {})) {
        if (!is_expected(expected)) continue;
        const bool over = live_ && now - std::max(expected.since, live_since_) >= grace;
        if (!over || !log_passed(expected.event.serial)) {
            still.push_back(expected);
            continue;
        }
        slot_of(expected.event).seen = Seen::both;  // told; should it come after all, it is no news
        --waiting_;
        add_missing({1, expected.event, expected.event});
    }
    expected_ = std::move(still);
    return std::exchange(missing_, std::nullopt);
}

std::optional<Monotonic> AuditCrossCheck::log_is_silent_since(Monotonic now) const {
    if (!live_ || !joined_) return std::nullopt;
    const auto oldest = std::ranges::find_if(expected_, [this](const Expected& each) {
        return is_expected(each) && (!highest_ || is_after(each.event.serial, *highest_));
    });
    if (oldest == expected_.end()) return std::nullopt;
    const Monotonic since = std::max({oldest->since, live_since_, last_match_});
    return now - since >= grace ? std::optional(since) : std::nullopt;
}

}  // namespace integrityd
