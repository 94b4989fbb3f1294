#include "watchers/audit/audit_hold.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "sources/audit_text.hpp"

namespace integrityd {

void with_event(std::string_view text, const AuditHold::Handler& handler) {
    std::vector<AuditRecord> records;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (const auto record = scan_audit_record(line)) records.push_back(*record);
    }
    if (records.empty()) return;
    handler({.node = records.front().node, .stamp = records.front().stamp, .records = records});
}

void AuditHold::add(const AuditEvent& event, Monotonic now) {
    if (!log_written_) return handler_(event);
    Held held{.stamp = event.stamp, .since = now, .text = audit_event_text(event)};
    bytes_ += held.text.size();
    places_.insert_or_assign({event.stamp.milliseconds, event.stamp.serial}, first_ + held_.size());
    held_.push_back(std::move(held));
    while (bytes_ > most_bytes)
        hand_on_first();
}

void AuditHold::found_in_log(const AuditStamp& stamp) {
    const auto place = places_.find({stamp.milliseconds, stamp.serial});
    if (place == places_.end()) return;
    Held& held = held_[place->second - first_];
    held.found = true;
    bytes_ -= held.text.size();
    held.text = std::string();
    places_.erase(place);
    while (!held_.empty() && held_.front().found) {
        held_.pop_front();
        ++first_;
    }
}

void AuditHold::hand_on_first() {
    const Held held = std::move(held_.front());
    held_.pop_front();
    ++first_;
    if (held.found) return;
    bytes_ -= held.text.size();
    places_.erase({held.stamp.milliseconds, held.stamp.serial});
    with_event(held.text, handler_);
}

void AuditHold::expire(Monotonic now) {
    while (!held_.empty() && now - held_.front().since >= patience)
        hand_on_first();
}

void AuditHold::set_log_written(bool written) {
    if (std::exchange(log_written_, written) == written || written) return;
    while (!held_.empty())
        hand_on_first();
}

std::optional<Monotonic> AuditHold::deadline() const {
    if (held_.empty()) return std::nullopt;
    return held_.front().since + patience;
}

}  // namespace integrityd
