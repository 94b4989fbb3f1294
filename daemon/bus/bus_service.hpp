// BusService: the daemon on the bus. Connects, keeps the connection up, and hands over events as a Publisher.
//
// A bus that is not there is no reason to stop: the daemon goes on, publish() says ENOTCONN, and the dispatcher
// catches up when `changed` tells that the bus is back. No D-Bus library shows in this header.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bus/backoff.hpp"
#include "bus/callers.hpp"
#include "bus/change_limiter.hpp"
#include "bus/service.hpp"
#include "core/event_loop.hpp"
#include "core/group_lookup.hpp"
#include "core/worker.hpp"
#include "publish/publisher.hpp"

namespace sdbus {
class IConnection;
}

namespace integrityd {

class BusSession;

struct BusSettings {
    std::string version;  // property Version
    GroupLookup lookup = lookup_group;
    // Up, or down and why; told when it changes, and once when the first try failed.
    std::function<void(bool up, const std::string& reason)> changed;
    // After a failed try, doubled up to the longest. When a connection that had come up is lost: at once.
    Duration first_retry = std::chrono::seconds(1);
    Duration longest_retry = std::chrono::seconds(60);
};

class BusService final : public Publisher {
public:
    // Looks up the groups. `service` and `worker` must outlive this.
    BusService(EventLoop& loop, Worker& worker, Service& service, BusSettings settings);
    ~BusService() override;

    // Begins to connect; returns at once.
    void start();
    // Signals EventAdded. ENOTCONN while there is no bus, EAGAIN while it is slow.
    Result<void> publish(const Event& event) override;
    // Status or watchers changed: PropertiesChanged, at most 10 a second, the last state always.
    void refresh() { changes_.changed(); }
    // The name is ours.
    [[nodiscard]] bool up() const { return state_ == State::up; }

private:
    enum class State : std::uint8_t { unknown, down, up };

    void connect();
    void opened(Result<std::shared_ptr<sdbus::IConnection>> connection);
    void named(const Result<void>& result);
    void down(const std::string& reason);
    void tell(State state, const std::string& reason);

    EventLoop& loop_;
    Worker& worker_;
    Service& service_;
    BusSettings settings_;
    RoleGroups groups_;
    Backoff backoff_;
    ChangeLimiter changes_;
    std::unique_ptr<Timer> retry_;
    // What runs in the worker finds this gone when the BusService is.
    std::shared_ptr<BusService*> alive_;
    std::unique_ptr<BusSession> session_;
    State state_ = State::unknown;
    Monotonic up_since_{0};
};

}  // namespace integrityd
