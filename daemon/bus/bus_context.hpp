// BusContext: what every object on one connection shares.
#pragma once

#include <functional>
#include <memory>

#include "core/result.hpp"

namespace integrityd {

class Callers;
class ReplyRegistry;
class Service;

struct BusContext {
    Service& service;
    Callers& callers;
    std::shared_ptr<ReplyRegistry> replies;
    std::function<bool()> has_room;  // for one more answer, as long as the connection lives
};

// Answers that may be outstanding at a time: of all callers together, and of one user, whatever connections he makes,
// so that he holds up nobody but himself. An operator asks one thing after the other.
constexpr std::size_t most_held_replies = 512;
constexpr std::size_t most_held_replies_of_user = 32;

[[nodiscard]] Error too_many_requests();
[[nodiscard]] Error bus_is_slow();
[[nodiscard]] Error not_authorized();

}  // namespace integrityd
