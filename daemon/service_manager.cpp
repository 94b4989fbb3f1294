#include "service_manager.hpp"

#include <ctime>
#include <utility>

#include <systemd/sd-daemon.h>

namespace integrityd {

namespace {

void notify(const std::string& state) {
    (void)sd_notify(0, state.c_str());  // without a service manager there is nobody to tell
}

// systemd compares it with its own clock, to know that a READY=1 is newer than the reload it asked for.
std::uint64_t monotonic_now() {
    timespec now{};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

}  // namespace

void ServiceManager::ready() {
    notify("READY=1");
}

void ServiceManager::reloading() {
    notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_now()));
}

void ServiceManager::stopping() {
    notify("STOPPING=1");
}

void ServiceManager::status(const std::string& line) {
    if (line == told_) return;
    if (sending_) {
        next_ = line;
        return;
    }
    send_status(line);
}

void ServiceManager::send_status(const std::string& line) {
    told_ = line;
    const auto submitted = worker_.run(
        Lane::host,
        [line] {
            notify("STATUS=" + line);
            return true;
        },
        [this, alive = std::weak_ptr<bool>(alive_)](bool) {
            if (alive.expired()) return;
            sending_ = false;
            if (const auto next = std::exchange(next_, std::nullopt); next && *next != told_) send_status(*next);
        });
    sending_ = submitted.ok();
}

}  // namespace integrityd
