// IoRest: lets a descriptor that hardly ever falls silent rest between two readings.
//
// A wake-up costs more than the reading of one record. What comes every millisecond is read every three instead, in
// one go; what comes now and then is read at once.
#pragma once

#include <memory>
#include <optional>

#include "core/event_loop.hpp"

namespace integrityd {

class IoRest {
public:
    explicit IoRest(EventLoop& loop);

    // Everything that was there has been read. `source` waits for EPOLLIN; it must live until forget().
    void read_all(IoSource& source);
    void forget();

private:
    EventLoop& loop_;
    std::unique_ptr<Timer> timer_;
    IoSource* source_ = nullptr;  // rests
    std::optional<Monotonic> last_;
    unsigned in_a_row_ = 0;
};

}  // namespace integrityd
