// BusPump: runs a connection of sdbus-c++ on the daemon's loop.
//
// sdbus-c++ 1.2 knows no foreign loop: its descriptor is an io source whose events, and one timer whose time, are
// refreshed before each wait. The loss of the bus is told by a call from the loop, never by an exception into it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/event_loop.hpp"
#include "core/unique_fd.hpp"

namespace sdbus {
class IConnection;
}

namespace integrityd {

class BusPump {
public:
    // `connection` must outlive the pump. `lost` is not called while the connection is at work, and destroys the pump:
    // a dead descriptor stays ready for ever. Throws std::system_error without descriptors.
    BusPump(EventLoop& loop, sdbus::IConnection& connection, std::function<void(const std::string& reason)> lost);
    ~BusPump();
    BusPump(const BusPump&) = delete;
    BusPump& operator=(const BusPump&) = delete;

    // Messages that were given to the connection and that the bus has not taken yet.
    [[nodiscard]] bool congested() const;
    // Asked before each answer that may be large: false while the bus has not taken enough of those before.
    [[nodiscard]] bool has_room();

private:
    void prepare();
    void dispatch();
    void tell_lost();

    EventLoop& loop_;
    sdbus::IConnection& connection_;
    std::function<void(const std::string&)> lost_;
    int waiting_answers_ = 0;
    std::string failure_;  // found before waiting, told by the next dispatch
    std::unique_ptr<Timer> timer_;
    // A duplicate: sd-bus closes its own when the bus goes away, while the loop still watches it.
    UniqueFd descriptor_;
    std::unique_ptr<IoSource> io_;
};

}  // namespace integrityd
