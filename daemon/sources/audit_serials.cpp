#include "sources/audit_serials.hpp"

#include <algorithm>

#include "sources/audit_types.hpp"

namespace integrityd {

namespace {

// Further than this no burst loses serials in one piece: the counter has begun anew.
constexpr std::uint32_t longest_wrapped_gap = 1U << 24;
// The record of an event that was handed on is never this much younger than the events behind it.
constexpr std::uint64_t late_milliseconds = 2000;

}  // namespace

void AuditSerials::note(const AuditRecord& record, Monotonic now) {
    if (is_daemon_type(record.number)) return;
    const AuditStamp& stamp = record.stamp;
    if (highest_ && stamp == *highest_) return;
    if (!highest_) {
        begin_anew(stamp);
        return;
    }
    const std::uint32_t distance = stamp.serial - highest_->serial;
    const bool wrapped = stamp.serial < highest_->serial;
    if (distance < 1U << 31 && !(wrapped && distance > longest_wrapped_gap)) {
        if (distance > 0)
            forward(stamp, distance, now);
        else
            backward(stamp);
    } else {
        backward(stamp);
    }
}

void AuditSerials::forward(const AuditStamp& stamp, std::uint32_t distance, Monotonic now) {
    if (distance > 1) {
        make_room();
        AuditGap gap{.from = highest_->serial + 1,
                     .to = stamp.serial - 1,
                     .count = distance - 1,
                     .after = highest_->milliseconds,
                     .before = stamp.milliseconds};
        if (opening_) opening_(gap);
        open_.push_back({gap, now});
    }
    highest_ = stamp;
    remember(stamp);
    tell_old();
}

void AuditSerials::make_room() {
    if (open_.size() < max_open) return;
    tell(open_.front().gap);
    open_.erase(open_.begin());
}

// A late one, one that was there before, or the first of another boot.
void AuditSerials::backward(const AuditStamp& stamp) {
    if (is_remembered(stamp)) return;
    const bool far = highest_->serial - stamp.serial > limits_.window;
    if (!far && fill(stamp.serial)) {
        remember(stamp);
        return;
    }
    // Serials begin anew with a younger stamp; a late event's is older than what it is late for.
    if (!far && stamp.milliseconds <= highest_->milliseconds + late_milliseconds) return;
    finish();
    ++restarts_;
    begin_anew(stamp);
}

// A hole loses one serial, or becomes two.
bool AuditSerials::fill(std::uint32_t serial) {
    for (std::size_t i = 0; i < open_.size(); ++i) {
        AuditGap& gap = open_[i].gap;
        if (serial - gap.from > gap.to - gap.from) continue;
        Open behind = open_[i];
        behind.gap.from = serial + 1;
        behind.gap.count = gap.to - serial;
        gap.to = serial - 1;
        gap.count = serial - gap.from;
        auto at = open_.begin() + static_cast<std::ptrdiff_t>(i);
        if (gap.count == 0) {
            at = open_.erase(at);
        } else {
            ++at;
        }
        if (behind.gap.count > 0) open_.insert(at, behind);
        return true;
    }
    return false;
}

bool AuditSerials::is_remembered(const AuditStamp& stamp) const {
    return std::ranges::find(recent_, stamp) != recent_.end();
}

void AuditSerials::remember(const AuditStamp& stamp) {
    recent_[recent_at_] = stamp;
    recent_at_ = (recent_at_ + 1) % remembered;
}

void AuditSerials::begin_anew(const AuditStamp& stamp) {
    recent_.fill({});
    highest_ = stamp;
    remember(stamp);
}

void AuditSerials::tell(const AuditGap& gap) {
    missing_ += gap.count;
    handler_(gap);
}

// What the window has passed.
void AuditSerials::tell_old() {
    while (!open_.empty() && highest_->serial - open_.front().gap.to > limits_.window) {
        tell(open_.front().gap);
        open_.erase(open_.begin());
    }
}

void AuditSerials::expire(Monotonic now) {
    while (!open_.empty() && open_.front().since + limits_.timeout <= now) {
        tell(open_.front().gap);
        open_.erase(open_.begin());
    }
}

std::optional<Monotonic> AuditSerials::deadline() const {
    if (open_.empty()) return std::nullopt;
    return open_.front().since + limits_.timeout;
}

void AuditSerials::finish() {
    for (const Open& open : open_)
        tell(open.gap);
    open_.clear();
}

void AuditSerials::restart() {
    finish();
    highest_.reset();
}

void AuditSerials::open_again(const AuditGap& gap, Monotonic now) {
    make_room();
    open_.push_back({gap, now});
}

std::vector<AuditGap> AuditSerials::open() const {
    std::vector<AuditGap> gaps;
    for (const Open& open : open_)
        gaps.push_back(open.gap);
    return gaps;
}

void AuditSerials::go_on_behind(const AuditStamp& last) {
    finish();
    begin_anew(last);
}

}  // namespace integrityd
