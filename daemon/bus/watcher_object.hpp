// WatcherObject: /org/cip_project/Integrity1/watcher/NAME (contract section 5).
#pragma once

#include <memory>
#include <string>

#include "bus/bus_context.hpp"
#include "bus/service.hpp"

namespace sdbus {
class IConnection;
}

namespace integrityd {

class WatcherObject {
public:
    // `status.name` is the name of a watcher of ours: letters, digits and `_` only.
    WatcherObject(sdbus::IConnection& connection, const BusContext& context, const WatcherStatus& status);
    // Says InterfacesRemoved.
    ~WatcherObject();
    WatcherObject(const WatcherObject&) = delete;
    WatcherObject& operator=(const WatcherObject&) = delete;

    // PropertiesChanged for what is other than when it was last told. Throws sdbus::Error.
    void tell_changes(const WatcherStatus& now);

private:
    class Adaptor;
    std::unique_ptr<Adaptor> adaptor_;
};

}  // namespace integrityd
