// BusPump: runs a connection of sdbus-c++ on the daemon's loop.
//
// sdbus-c++ 1.2 knows no foreign loop: its descriptor is an io source whose events, and one timer whose time, are
// refreshed before each wait. The loss of the bus is told once, out of the loop and never as an exception.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/event_loop.hpp"

namespace sdbus {
class IConnection;
}

namespace integrityd {

class BusPump {
public:
    // `connection` must outlive the pump. `lost` may destroy the pump.
    BusPump(EventLoop& loop, sdbus::IConnection& connection, std::function<void(const std::string& reason)> lost);
    ~BusPump();
    BusPump(const BusPump&) = delete;
    BusPump& operator=(const BusPump&) = delete;

    // Messages that were given to the connection and that the bus has not taken yet.
    [[nodiscard]] bool congested() const;

private:
    void prepare();
    void dispatch();
    void report_lost(const std::string& reason);

    EventLoop& loop_;
    sdbus::IConnection& connection_;
    // Shared with the posted job, which finds it gone when the pump was destroyed meanwhile.
    std::shared_ptr<std::function<void(const std::string&)>> lost_;
    bool is_lost_ = false;
    std::unique_ptr<Timer> timer_;
    std::unique_ptr<IoSource> io_;
};

}  // namespace integrityd
