// BusyIo: waits for a descriptor that may hardly ever fall silent.
//
// A wake-up costs more than the reading of one record. What comes now and then is read at once; what comes every
// millisecond is read every few, in one go, until there is nothing to read once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "core/event_loop.hpp"

namespace integrityd {

class BusyIo {
public:
    enum class Reading : std::uint8_t {
        nothing,  // was there
        all,      // that was there has been read
        some,     // and more is there
    };
    // `read` may call forget(), and destroy this object.
    BusyIo(EventLoop& loop, std::function<Reading()> read);

    // Reads whenever `fd` can be read. It must live until forget().
    void watch(int fd);
    void forget();

private:
    void read(bool rested);
    void take(Reading reading, bool rested);
    [[nodiscard]] bool is_flow(bool rested);

    EventLoop& loop_;
    std::shared_ptr<std::function<Reading()>> read_;  // the only other owner is a call of it
    std::unique_ptr<Timer> rest_;
    std::unique_ptr<IoSource> source_;
    std::optional<Monotonic> last_;
    unsigned in_a_row_ = 0;
};

}  // namespace integrityd
