#include "publish/recipients.hpp"

#include <algorithm>
#include <cerrno>

namespace integrityd {

namespace {

using namespace std::chrono_literals;

constexpr Duration first_retry = 1s;
constexpr Duration longest_retry = 60s;
// Marks are written soon after a delivery, joined over a burst: a crash within it repeats events.
constexpr Duration save_delay = 200ms;
// Events read from the store in one step of catching up, so that the loop stays responsive.
constexpr std::size_t step = 64;
// A full queue is no outage until it stayed full for this many tries; nor is a bus that we are not on yet, as at start.
constexpr unsigned patience = 3;

bool may_pass(int code) {
    return code == EAGAIN || code == ENOTCONN;
}

}  // namespace

struct Recipients::Recipient {
    RecipientStatus status;
    std::shared_ptr<Publisher> publisher;
    std::unique_ptr<Timer> retry_timer;
    Duration retry_delay = first_retry;
    unsigned failures = 0;
    bool mark_unsaved = false;

    [[nodiscard]] bool waiting() const { return retry_timer->running(); }
};

namespace {

// Who knows a violation hears that it weighs less now, too: a change counts with the greater of both severities.
Severity weight(const Event& event) {
    const auto old = event.data.find("old_severity");
    const auto before = old != event.data.end() ? parse_severity(old->second.text()) : std::nullopt;
    return std::max(event.violation->severity, before.value_or(Severity::record));
}

}  // namespace

bool wanted(const RecipientConfig& config, const Event& event) {
    const auto& sources = config.sources;
    const auto from = [&](std::string_view source) {
        return sources.empty() || std::ranges::find(sources, source) != sources.end();
    };
    if (event.type == EventType::verdict) return true;
    // `record` is below `low`, and is told to those who want everything (contract section 9: kept, told).
    const Severity least = config.min_severity <= Severity::low ? Severity::record : config.min_severity;
    if (event.violation) return weight(event) >= least && from(event.violation->source);
    const auto tested = event.data.find("recipient");
    if (tested != event.data.end()) return tested->second.text() == config.name;
    return config.min_severity <= Severity::low && from("self");
}

Recipients::Recipients(EventLoop& loop, Store& store, const Clock& clock, Callbacks callbacks)
    : loop_(loop),
      store_(store),
      clock_(clock),
      callbacks_(std::move(callbacks)),
      save_timer_(loop.add_timer([this] { save_marks(); }, 50ms)) {}

Recipients::~Recipients() = default;

void Recipients::add(const RecipientConfig& config, std::shared_ptr<Publisher> publisher, WallTime failing_since) {
    auto recipient = std::make_unique<Recipient>();
    recipient->status.config = config;
    // A mark above the last event is of a chain that is lost with its numbers: waiting for them would be being deaf.
    const std::uint64_t last = store_.last_sequence();
    recipient->status.mark = std::min(store_.mark(config.name).value_or(last), last);
    recipient->status.failing = failing_since != 0;
    recipient->status.failing_since = failing_since;
    recipient->mark_unsaved = true;
    recipient->publisher = std::move(publisher);
    recipient->retry_timer = loop_.add_timer([this, raw = recipient.get()] { catch_up(*raw); }, 10ms);
    if (recipient->status.mark < store_.last_sequence()) recipient->retry_timer->start(0us);
    recipients_.push_back(std::move(recipient));
    save_timer_->start(save_delay);
}

void Recipients::clear() {
    save_marks();
    recipients_.clear();
}

void Recipients::deliver(std::span<const Event> events) {
    for (const auto& recipient : recipients_) {
        for (const Event& event : events) {
            // Whoever is behind is served from the store, in order.
            if (recipient->waiting() || recipient->status.mark + 1 != event.sequence) break;
            if (!hand_over(*recipient, event)) break;
        }
        if (!recipient->waiting() && recipient->status.mark < store_.last_sequence())
            recipient->retry_timer->start(0us);
    }
}

bool Recipients::hand_over(Recipient& recipient, const Event& event) {
    auto& status = recipient.status;
    if (wanted(status.config, event)) {
        if (const auto handed = recipient.publisher->publish(event); !handed) {
            fail(recipient, handed.error());
            return false;
        }
        ++status.delivered;
        recipient.failures = 0;
        recipient.retry_delay = first_retry;
        if (status.failing) {
            status.failing = false;
            status.reason.clear();
            status.failing_since = 0;
            callbacks_.reachability(status.config, "");
        }
    }
    status.mark = event.sequence;
    recipient.mark_unsaved = true;
    if (!save_timer_->running()) save_timer_->start(save_delay);
    return true;
}

void Recipients::fail(Recipient& recipient, const Error& error) {
    recipient.retry_timer->start(recipient.retry_delay);
    recipient.retry_delay = std::min(recipient.retry_delay * 2, longest_retry);
    if (may_pass(error.code) && ++recipient.failures < patience) return;
    auto& status = recipient.status;
    const bool known = status.failing;
    status.failing = true;
    status.reason = error.message;
    if (known) return;
    status.failing_since = clock_.wall();
    callbacks_.reachability(status.config, error.message);
}

void Recipients::catch_up(Recipient& recipient) {
    auto page = store_.events(recipient.status.mark, step);
    if (!page) return fail(recipient, page.error());
    if (page->pruned > 0) {
        recipient.status.mark += page->pruned;
        callbacks_.lost(recipient.status.config, page->pruned);
    }
    for (const Event& event : page->events) {
        if (!hand_over(recipient, event)) return;
    }
    if (recipient.status.mark < store_.last_sequence() && !page->events.empty()) recipient.retry_timer->start(0us);
}

void Recipients::retry(RecipientType type) {
    for (const auto& recipient : recipients_) {
        if (recipient->status.config.type == type && recipient->waiting()) recipient->retry_timer->start(0us);
    }
}

void Recipients::try_now(std::string_view name) {
    for (const auto& recipient : recipients_) {
        if (recipient->status.config.name != name || !recipient->waiting()) continue;
        recipient->retry_timer->stop();
        catch_up(*recipient);
    }
}

void Recipients::save_marks() {
    save_timer_->stop();
    std::vector<std::pair<std::string, std::uint64_t>> marks;
    for (const auto& recipient : recipients_) {
        if (recipient->mark_unsaved) marks.emplace_back(recipient->status.config.name, recipient->status.mark);
    }
    // A full disk: the marks stay unsaved and are written with the next delivery.
    if (marks.empty() || !store_.set_marks(marks)) return;
    for (const auto& recipient : recipients_)
        recipient->mark_unsaved = false;
}

std::vector<RecipientStatus> Recipients::statuses() const {
    std::vector<RecipientStatus> all;
    for (const auto& recipient : recipients_)
        all.push_back(recipient->status);
    return all;
}

const RecipientStatus* Recipients::find(std::string_view name) const {
    const auto found = std::ranges::find(
        recipients_, name, [](const auto& recipient) { return std::string_view(recipient->status.config.name); });
    return found == recipients_.end() ? nullptr : &(*found)->status;
}

}  // namespace integrityd
