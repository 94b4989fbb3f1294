// BusDriver: what is asked of the bus itself (org.freedesktop.DBus), without ever waiting for it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bus/callers.hpp"
#include "core/result.hpp"

namespace sdbus {
class IConnection;
class IProxy;
}  // namespace sdbus

namespace integrityd {

class BusDriver {
public:
    explicit BusDriver(sdbus::IConnection& connection);
    // No answer comes after this.
    ~BusDriver();
    BusDriver(const BusDriver&) = delete;
    BusDriver& operator=(const BusDriver&) = delete;

    // EEXIST when somebody else owns the name.
    void request_name(const std::string& name, std::function<void(const Result<void>&)> done);
    void ask_credentials(const std::string& unique_name, Callers::Answer answer);

private:
    std::unique_ptr<sdbus::IProxy> proxy_;
};

}  // namespace integrityd
