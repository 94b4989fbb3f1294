#include "core/clock.hpp"

#include <ctime>
#include <fstream>
#include <sys/timex.h>

namespace integrityd {

namespace {

std::uint64_t read_clock(clockid_t clock) {
    timespec now{};
    (void)clock_gettime(clock, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

// No clock that is right shows a time before this program existed, or one beyond its useful life.
constexpr WallTime earliest = 1'767'225'600'000'000;  // 2026-01-01
constexpr WallTime latest = 4'102'444'800'000'000;    // 2100-01-01

}  // namespace

SystemClock::SystemClock() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::getline(file, boot_id_);
}

WallTime SystemClock::wall() const {
    return read_clock(CLOCK_REALTIME);
}

std::uint64_t SystemClock::boottime() const {
    return read_clock(CLOCK_BOOTTIME);
}

ClockState SystemClock::state() const {
    const WallTime now = wall();
    if (now < earliest || now > latest) return ClockState::unset;
    timex query{};
    const int kernel = adjtimex(&query);
    const bool synchronised = kernel >= 0 && kernel != TIME_ERROR && (query.status & STA_UNSYNC) == 0;
    return synchronised ? ClockState::synchronised : ClockState::unsynchronised;
}

}  // namespace integrityd
