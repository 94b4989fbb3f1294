// BusSession: one connection to the bus with everything that lives and dies with it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bus/callers.hpp"
#include "bus/service.hpp"
#include "core/event_loop.hpp"
#include "core/result.hpp"
#include "core/values.hpp"

namespace sdbus {
class IConnection;
}

namespace integrityd {

// Connects to the system bus (DBUS_SYSTEM_BUS_ADDRESS chooses another) and waits for its greeting: sdbus-c++ 1.2 offers
// no other way, so this is called in a worker's lane.
[[nodiscard]] Result<std::shared_ptr<sdbus::IConnection>> open_system_bus();

class BusSession {
public:
    struct Handlers {
        // The name is ours, or why it is not. Called once.
        std::function<void(const Result<void>&)> named;
        // The bus is gone: destroys the session.
        std::function<void(const std::string& reason)> lost;
    };

    // Both handlers are called from the loop, not from within a call, and may destroy the session. Throws when the
    // connection is dead already.
    BusSession(EventLoop& loop, Service& service, const RoleGroups& groups, const std::string& version,
               std::shared_ptr<sdbus::IConnection> connection, Handlers handlers);
    ~BusSession();
    BusSession(const BusSession&) = delete;
    BusSession& operator=(const BusSession&) = delete;

    // EventAdded. EAGAIN while the bus has not taken what it was given before, ENOTCONN when it cannot.
    Result<void> emit(const Event& event);
    // Brings the watchers' objects in line and signals changed properties; false when the bus cannot be told.
    bool tell_changes();

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace integrityd
