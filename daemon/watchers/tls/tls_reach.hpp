// TlsReach: whether an endpoint counts as not reachable, and when it is tried again. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "core/event_loop.hpp"
#include "sources/tls_types.hpp"

namespace integrityd {

class TlsReach {
public:
    // So many tries must fail, 30 s and then 60 s apart at least: a server that restarts, or a minute without network,
    // is no news.
    static constexpr unsigned needed = 3;

    void succeeded();
    void failed(Monotonic now, TlsOutcome outcome, std::string reason);

    [[nodiscard]] bool down() const { return failures_ >= needed; }
    [[nodiscard]] bool failing() const { return failures_ > 0; }
    [[nodiscard]] unsigned failures() const { return failures_; }
    [[nodiscard]] TlsOutcome outcome() const { return outcome_; }
    [[nodiscard]] const std::string& reason() const { return reason_; }
    // When it is to be tried again: twice as late after each failure, at most `interval` after the last try.
    [[nodiscard]] Monotonic again(Duration interval) const;

private:
    [[nodiscard]] Duration wait() const;

    unsigned failures_ = 0;
    Monotonic last_{0};   // failure that counted
    Monotonic tried_{0};  // whether it counted or not
    TlsOutcome outcome_ = TlsOutcome::finished;
    std::string reason_;
};

}  // namespace integrityd
