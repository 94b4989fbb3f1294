// Every body that the bus calls runs in here: an exception of any other kind than sdbus::Error that leaves a handler
// ends the process (sdbus-c++ 1.2), so none does.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "bus/bus_context.hpp"
#include "bus/callers.hpp"
#include "bus/reply.hpp"

namespace integrityd {

// What the exception that is being handled says; to_bus_error() keeps it from the caller.
[[nodiscard]] Error describe_exception() noexcept;

// Answers with an error when `body` throws.
template <typename... T, typename Body>
void guarded(Reply<T...>& reply, Body&& body) noexcept {
    try {
        std::forward<Body>(body)();
    } catch (...) {
        reply.fail(describe_exception());
    }
}

// For properties, which have no Reply: only an sdbus::Error leaves.
template <typename Body>
auto guarded_value(Body&& body) {
    try {
        return std::forward<Body>(body)();
    } catch (...) {
        throw to_bus_error(describe_exception());
    }
}

// The result of the daemon, as the answer: `send` gives the value, an error becomes an error.
template <typename... T, typename Value, typename Send>
void answer(Reply<T...>& reply, const Result<Value>& result, Send&& send) {
    if (result) {
        std::forward<Send>(send)(*result);
    } else {
        reply.fail(result.error());
    }
}
inline void answer(Reply<>& reply, const Result<void>& result) {
    if (result) {
        reply.send();
    } else {
        reply.fail(result.error());
    }
}

// Runs `body(caller, reply)` when it is known who called and that the role suffices. `body` may keep the reply.
template <typename... T, typename Body>
void serve(const BusContext& context, const std::string& sender, Role needed, sdbus::Result<T...>&& result, Body body) {
    guarded_value([&] {
        auto reply = std::make_shared<Reply<T...>>(context.replies, std::move(result));
        if (context.replies->size() > most_held_replies) return reply->fail(too_many_requests());
        guarded(*reply, [&] {
            context.callers.identify(sender, [reply, needed, replies = context.replies, has_room = context.has_room,
                                              body = std::move(body)](const Result<Caller>& caller) {
                guarded(*reply, [&] {
                    if (!caller) return reply->fail(caller.error());
                    if (caller->role < needed) return reply->fail(not_authorized());
                    if (!has_room()) return reply->fail(bus_is_slow());
                    const uid_t user = caller->credentials.uid;
                    if (replies->of_user(user) >= most_held_replies_of_user) return reply->fail(too_many_requests());
                    replies->assign(reply.get(), user);
                    body(*caller, reply);
                });
            });
        });
    });
}

}  // namespace integrityd
