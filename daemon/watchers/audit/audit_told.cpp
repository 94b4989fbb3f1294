#include "watchers/audit/audit_told.hpp"

#include <algorithm>
#include <charconv>

namespace integrityd {

bool AuditTold::note(const AuditStamp& stamp) {
    if (contains(stamp)) return false;
    if (places_.empty()) places_.resize(window);
    places_[stamp.serial % window] = stamp;
    last_.push_back(stamp);
    if (last_.size() > most_kept) last_.pop_front();
    return true;
}

// Where nothing was noted is the stamp of all zeros, which no event has: its time is 1970.
bool AuditTold::contains(const AuditStamp& stamp) const {
    return !places_.empty() && places_[stamp.serial % window] == stamp && stamp != AuditStamp{};
}

// MILLISECONDS:SERIAL, with commas between.
std::string AuditTold::text() const {
    std::string text;
    for (const AuditStamp& stamp : last_) {
        if (!text.empty()) text += ',';
        text += std::to_string(stamp.milliseconds) + ":" + std::to_string(stamp.serial);
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
