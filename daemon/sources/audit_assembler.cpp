#include "sources/audit_assembler.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "sources/audit_types.hpp"

namespace integrityd {

namespace {

// Memory of an event that was unusually large is given back; most need less than 4 KiB.
constexpr std::size_t storage_worth_keeping = 16U << 10;
constexpr std::size_t records_worth_keeping = 64;

std::size_t bytes_of(const AuditRecord& record) {
    return record.type.size() + record.node.size() + record.body.size() + record.enriched.size();
}

}  // namespace

AuditAssembler::AuditAssembler(Handler handler, AuditAssemblyLimits limits)
    : handler_(std::move(handler)), limits_(limits), pool_(limits.in_flight) {
    assert(limits.in_flight > 0 && limits.records > 0);
    for (std::size_t place = pool_.size(); place > 0; --place)
        free_.push_back(static_cast<std::uint32_t>(place - 1));
    order_.reserve(pool_.size());
}

// The youngest first: records of one event nearly always follow each other.
AuditAssembler::Event* AuditAssembler::find(const AuditRecord& record) {
    for (std::size_t i = order_.size(); i > 0; --i) {
        Event& event = pool_[order_[i - 1]];
        if (event.stamp == record.stamp && event.node == record.node) return &event;
    }
    return nullptr;
}

// The node is left out: two nodes with the same serial in the same millisecond get the word "late", and lose nothing.
bool AuditAssembler::was_handed_on(const AuditRecord& record) const {
    return std::ranges::find(handed_on_, record.stamp) != handed_on_.end();
}

void AuditAssembler::add(const AuditRecord& record, Monotonic now) {
    ++counters_.records;
    if (is_single_record_type(record.number)) {
        hand_on_alone(record);
        return;
    }
    Event* event = find(record);
    if (event == nullptr) {
        if (record.number == audit_type::end_of_event) return;  // of an event that its PROCTITLE has ended
        event = &begin(record);
    }
    append(*event, record, now);
    if (!ends_audit_event(record.number)) return;
    const auto place = static_cast<std::uint32_t>(event - pool_.data());
    hand_on(static_cast<std::size_t>(std::ranges::find(order_, place) - order_.begin()));
}

bool AuditAssembler::log_went_on(const Event& event, const AuditRecord& record) const {
    const auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(limits_.timeout).count();
    return begun_ - event.number >= settled_after && event.node == record.node &&
           event.stamp.milliseconds + static_cast<std::uint64_t>(timeout) < record.stamp.milliseconds;
}

AuditAssembler::Event& AuditAssembler::begin(const AuditRecord& record) {
    while (!order_.empty() && log_went_on(pool_[order_.front()], record))
        hand_on(0);
    if (free_.empty()) press_oldest();
    const std::uint32_t place = free_.back();
    free_.pop_back();
    order_.push_back(place);
    Event& event = pool_[place];
    event.node = record.node;
    event.stamp = record.stamp;
    event.number = begun_++;
    event.late = was_handed_on(record);
    return event;
}

void AuditAssembler::append(Event& event, const AuditRecord& record, Monotonic now) {
    const std::size_t bytes = bytes_of(record);
    event.touched = now;
    if (event.records.size() >= limits_.records || event.bytes + bytes > limits_.event_bytes) {
        event.cut = true;
        ++counters_.dropped_records;
        return;
    }
    event.records.push_back(record);
    event.bytes += bytes;
    total_bytes_ += bytes;
    while (total_bytes_ > limits_.total_bytes && order_.size() > 1 && &pool_[order_.front()] != &event)
        press_oldest();
}

void AuditAssembler::press_oldest() {
    ++counters_.pressed;
    hand_on(0);
}

void AuditAssembler::hand_on(std::size_t position) {
    const std::uint32_t place = order_[position];
    Event& event = pool_[place];
    order_.erase(order_.begin() + static_cast<std::ptrdiff_t>(position));
    free_.push_back(place);
    handed_on_[handed_on_at_] = event.stamp;
    handed_on_at_ = (handed_on_at_ + 1) % remembered;
    ++counters_.events;
    counters_.cut += event.cut ? 1 : 0;
    counters_.late += event.late ? 1 : 0;
    handler_({event.node, event.stamp, event.records, event.cut, event.late});
    total_bytes_ -= event.bytes;
    event.bytes = 0;
    event.kept = 0;
    event.cut = false;
    event.records.clear();
    event.storage.clear();
    if (event.storage.capacity() > storage_worth_keeping) event.storage.shrink_to_fit();
    if (event.records.capacity() > records_worth_keeping) event.records.shrink_to_fit();
}

void AuditAssembler::hand_on_alone(const AuditRecord& record) {
    ++counters_.events;
    handler_({record.node, record.stamp, std::span(&record, 1), false, false});
}

void AuditAssembler::keep() {
    for (const std::uint32_t place : order_)
        keep(pool_[place]);
}

// Storage may move when it grows, so views of it are made anew.
void AuditAssembler::keep(Event& event) {
    if (event.kept == event.records.size()) return;
    for (std::size_t i = event.kept; i < event.records.size(); ++i) {
        const AuditRecord& record = event.records[i];
        for (const std::string_view part : {record.type, record.node, record.body, record.enriched})
            event.storage.insert(event.storage.end(), part.begin(), part.end());
    }
    std::size_t at = 0;
    const auto move_view = [&](std::string_view& part) {
        part = {event.storage.data() + at, part.size()};
        at += part.size();
    };
    for (AuditRecord& record : event.records) {
        move_view(record.type);
        move_view(record.node);
        move_view(record.body);
        move_view(record.enriched);
    }
    event.kept = event.records.size();
    event.node = event.records.front().node;
}

void AuditAssembler::expire(Monotonic now) {
    for (std::size_t i = 0; i < order_.size();) {
        if (pool_[order_[i]].touched + limits_.timeout <= now) {
            hand_on(i);
        } else {
            ++i;
        }
    }
}

std::optional<Monotonic> AuditAssembler::deadline() const {
    std::optional<Monotonic> first;
    for (const std::uint32_t place : order_) {
        const Monotonic at = pool_[place].touched + limits_.timeout;
        if (!first || at < *first) first = at;
    }
    return first;
}

void AuditAssembler::finish() {
    while (!order_.empty())
        hand_on(0);
}

}  // namespace integrityd
