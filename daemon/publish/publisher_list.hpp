// The kinds of recipients that need nothing but their configuration (the bus is BusService).
#pragma once

#include <memory>

#include "core/config.hpp"
#include "publish/publisher.hpp"

namespace integrityd {

// For any type but dbus.
[[nodiscard]] std::shared_ptr<Publisher> make_publisher(const RecipientConfig& config);

}  // namespace integrityd
