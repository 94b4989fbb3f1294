#include "watchers/audit/audit_intake.hpp"

#include <algorithm>

#include "sources/audit_types.hpp"

namespace integrityd {

AuditIntake::AuditIntake(Handlers handlers)
    : handlers_(std::move(handlers)), assembler_([this](const AuditEvent& event) { hand_on(event); }) {}

void AuditIntake::take(AuditLogPosition first, std::string_view bytes, Monotonic now) {
    // Another file, or another place in it: a line that had no end gets none any more.
    const bool follows = first.file == position_.file && first.offset == lines_.offset() + lines_.pending();
    if (!follows) lines_.restart(first.offset);
    position_.file = first.file;
    lines_.feed(bytes);
    for (std::uint64_t begin = lines_.offset(); const auto line = lines_.next(); begin = lines_.offset())
        take_line(*line, {first.file, begin}, now);
    position_.offset = lines_.offset();
    assembler_.keep();
}

void AuditIntake::begin_at(AuditLogPosition position) {
    position_ = position;
    lines_.restart(position.offset);
}

void AuditIntake::take_line(const AuditLine& line, AuditLogPosition begin, Monotonic now) {
    const auto record = scan_audit_record(line.text);
    if (!record) {
        ++malformed_;
        return;
    }
    handlers_.record(*record);
    remember(record->stamp, begin);
    assembler_.add(*record, now);
    // Also the end of an event that was handed on before: nothing follows that would be handed on.
    if (record->number == audit_type::end_of_event) forget(record->stamp);
}

// Records of one event stand together, nearly always: the last one that began is looked at first.
void AuditIntake::remember(const AuditStamp& stamp, AuditLogPosition begin) {
    const auto same = [&stamp](const Unfinished& one) { return one.stamp == stamp; };
    if (std::find_if(unfinished_.rbegin(), unfinished_.rend(), same) != unfinished_.rend()) return;
    unfinished_.push_back({stamp, begin});
}

void AuditIntake::forget(const AuditStamp& stamp) {
    const auto found = std::ranges::find(unfinished_, stamp, &Unfinished::stamp);
    if (found != unfinished_.end()) unfinished_.erase(found);
}

void AuditIntake::hand_on(const AuditEvent& event) {
    forget(event.stamp);
    handlers_.event(event);
}

AuditLogPosition AuditIntake::safe() const {
    return unfinished_.empty() ? position_ : unfinished_.front().begin;
}

AuditIntakeCounters AuditIntake::counters() const {
    const AuditLineCounters& lines = lines_.counters();
    return {.lines = lines.lines, .malformed = malformed_ + lines.malformed, .cut = lines.cut};
}

}  // namespace integrityd
