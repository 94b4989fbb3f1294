// Publisher: hands durable events to one recipient.
#pragma once

#include <string>

#include "core/result.hpp"
#include "core/values.hpp"

namespace integrityd {

class Publisher {
public:
    virtual ~Publisher() = default;
    // Hands over one event, without waiting. An error (EAGAIN when the recipient's queue is full)
    // means: not delivered, ask again later; the event stays in the store until then.
    virtual Result<void> publish(const Event& event) = 0;
};

}  // namespace integrityd
