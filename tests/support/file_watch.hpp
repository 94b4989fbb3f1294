// Waiting for what another process does to files, without asking again and again.
#pragma once

#include <chrono>
#include <functional>
#include <poll.h>
#include <string>
#include <sys/inotify.h>
#include <unistd.h>

#include "core/unique_fd.hpp"
#include "support/failure_bound.hpp"

namespace integrityd::test {

// True once `over` holds; asked whenever something happens in this directory. False after failure_bound, which only a
// failure takes.
inline bool wait_in_directory(const std::string& directory, const std::function<bool()>& over) {
    const UniqueFd events(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (inotify_add_watch(events.get(), directory.c_str(),
                          IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_MODIFY | IN_CLOSE_WRITE) < 0) {
        return false;
    }
    const auto late = std::chrono::steady_clock::now() + failure_bound;
    while (!over()) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(late - std::chrono::steady_clock::now());
        pollfd ready{events.get(), POLLIN, 0};
        if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) <= 0) return over();
        char ignored[4096];
        while (read(events.get(), ignored, sizeof ignored) > 0) {
        }
    }
    return true;
}

}  // namespace integrityd::test
