#include "watchers/audit/audit_told.hpp"

#include <algorithm>
#include <charconv>

namespace integrityd {

bool AuditTold::note(const AuditStamp& stamp) {
    if (!known_.insert(key(stamp)).second) return false;
    order_.push_back(key(stamp));
    if (order_.size() > limit) {
        known_.erase(order_.front());
        order_.pop_front();
    }
    return true;
}

// MILLISECONDS:SERIAL, with commas between.
std::string AuditTold::text(std::size_t count) const {
    std::string text;
    const std::size_t first = order_.size() - std::min(count, order_.size());
    for (std::size_t i = first; i < order_.size(); ++i) {
        if (!text.empty()) text += ',';
        text += std::to_string(order_[i].first) + ":" + std::to_string(order_[i].second);
    }
    return text;
}

void AuditTold::take(std::string_view text) {
    while (!text.empty()) {
        const std::string_view one = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
        AuditStamp stamp;
        const char* const end = one.data() + one.size();
        const auto [colon, time_error] = std::from_chars(one.data(), end, stamp.milliseconds);
        if (time_error != std::errc() || colon == end || *colon != ':') continue;
        const auto [last, serial_error] = std::from_chars(colon + 1, end, stamp.serial);
        if (serial_error == std::errc() && last == end) (void)note(stamp);
    }
}

}  // namespace integrityd
