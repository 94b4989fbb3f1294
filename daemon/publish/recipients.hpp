// Recipients: everyone who is told of events, each with a durable mark of what it was given.
//
// CR 3.4 RE(2)'s "configurable entity". A recipient that cannot be reached holds up nobody: its
// events stay in the store, it is tried again, and gets what it missed in order. What is told after
// a crash or a power cut may be told a second time (the sequence says so), never left out.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/config.hpp"
#include "core/event_loop.hpp"
#include "publish/publisher.hpp"
#include "state/store.hpp"

namespace integrityd {

struct RecipientStatus {
    RecipientConfig config;
    std::uint64_t mark = 0;       // the last sequence it was served
    std::uint64_t delivered = 0;  // events handed over since start
    bool failing = false;
    std::string reason;  // why it fails, one line
    WallTime failing_since = 0;
};

class Recipients {
public:
    struct Callbacks {
        // A recipient cannot be reached, or can again (`reason` empty). Told on each change.
        std::function<void(const RecipientConfig&, const std::string& reason)> reachability;
        // Events were pruned before this recipient had them: the exact number.
        std::function<void(const RecipientConfig&, std::uint64_t pruned)> lost;
    };

    Recipients(EventLoop& loop, Store& store, const Clock& clock, Callbacks callbacks);
    ~Recipients();
    Recipients(const Recipients&) = delete;
    Recipients& operator=(const Recipients&) = delete;

    // A recipient that was never served begins with the next event; a known one where it was. `failing_since`: it
    // could not be reached when last heard of, so that it is told when it can; 0: it could.
    void add(const RecipientConfig& config, std::shared_ptr<Publisher> publisher, WallTime failing_since = 0);
    // Forgets all, marks are written: for a new configuration.
    void clear();

    // Hands just stored events to everyone who is up to date.
    void deliver(std::span<const Event> events);
    // What held a recipient up may be over (the bus is back): tries again now.
    void retry(RecipientType type);
    // Tries this one before it returns (a step of catching up, the rest soon).
    void try_now(std::string_view name);
    // Writes the marks; also done a moment after each delivery.
    void save_marks();

    [[nodiscard]] std::vector<RecipientStatus> statuses() const;
    [[nodiscard]] const RecipientStatus* find(std::string_view name) const;

private:
    struct Recipient;

    bool hand_over(Recipient& recipient, const Event& event);
    void fail(Recipient& recipient, const Error& error);
    void catch_up(Recipient& recipient);

    EventLoop& loop_;
    Store& store_;
    const Clock& clock_;
    Callbacks callbacks_;
    std::vector<std::unique_ptr<Recipient>> recipients_;
    std::unique_ptr<Timer> save_timer_;
};

// Whether this recipient wants that event: violations by severity and source; the verdict always;
// a notice unless only weighty things are wanted, but the one that tests this recipient always.
[[nodiscard]] bool wanted(const RecipientConfig& config, const Event& event);

}  // namespace integrityd
