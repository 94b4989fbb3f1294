// ManagerObject: /org/cip_project/Integrity1, the whole device (contract section 5). Asks Service, holds no logic.
#pragma once

#include <memory>
#include <string>

#include "bus/bus_context.hpp"
#include "core/values.hpp"

namespace sdbus {
class IConnection;
}

namespace integrityd {

class ManagerObject {
public:
    ManagerObject(sdbus::IConnection& connection, const BusContext& context, std::string version);
    ~ManagerObject();
    ManagerObject(const ManagerObject&) = delete;
    ManagerObject& operator=(const ManagerObject&) = delete;

    // EventAdded, without actor and audit text. Throws sdbus::Error.
    void emit(const Event& event);
    // PropertiesChanged for what is other than when it was last told. Throws sdbus::Error.
    void tell_changes();

private:
    class Adaptor;
    std::unique_ptr<Adaptor> adaptor_;
};

}  // namespace integrityd
