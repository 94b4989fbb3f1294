// Clock: wall time and what is known about it. Time for decisions comes from the loop.
#pragma once

#include <cstdint>
#include <string>

#include "core/values.hpp"

namespace integrityd {

class Clock {
public:
    virtual ~Clock() = default;
    // CLOCK_REALTIME in µs since 1970.
    [[nodiscard]] virtual WallTime wall() const = 0;
    // CLOCK_BOOTTIME in µs.
    [[nodiscard]] virtual std::uint64_t boottime() const = 0;
    // /proc/sys/kernel/random/boot_id, read once; empty where it cannot be read.
    [[nodiscard]] virtual const std::string& boot_id() const = 0;
    // `unset`: before the program was built, or beyond 2100; else by adjtimex().
    [[nodiscard]] virtual ClockState state() const = 0;
};

class SystemClock final : public Clock {
public:
    SystemClock();
    [[nodiscard]] WallTime wall() const override;
    [[nodiscard]] std::uint64_t boottime() const override;
    [[nodiscard]] const std::string& boot_id() const override { return boot_id_; }
    [[nodiscard]] ClockState state() const override;

private:
    std::string boot_id_;
};

}  // namespace integrityd
