// BusContext: what every object on one connection shares.
#pragma once

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
};

// Answers that may be outstanding at a time, of all callers together.
constexpr std::size_t most_held_replies = 512;

[[nodiscard]] Error too_many_requests();
[[nodiscard]] Error not_authorized();

}  // namespace integrityd
