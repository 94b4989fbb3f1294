// WatchedDevice: what a watcher lives among, on a loop and a clock that the test moves.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <sys/epoll.h>
#include <vector>

#include "core/config.hpp"
#include "core/opener.hpp"
#include "support/fake_loop.hpp"
#include "support/fakes.hpp"
#include "unit/watchers/present.hpp"
#include "watchers/file_traces.hpp"

namespace integrityd::test {

struct WatchedDevice {
    Config config;
    FakeAuditKernel kernel;
    FileTraces traces;
    FakeLoop loop;
    FakeWorker worker;
    FakeClock clock;
    MemoryBaselines baselines;
    Present present;

    // With the configuration as it is.
    [[nodiscard]] std::unique_ptr<Opener> direct_opener(const IncludeFinder& includes = [](std::string_view) {
        return std::vector<std::string>();
    }) {
        return make_direct_opener(config, includes, kernel);
    }
    // As the kernel says it (poll(2) of mountinfo), and the time after which it is read.
    void mounts_have_changed() {
        for (const int fd : loop.waited_for())
            (void)loop.ready(fd, EPOLLPRI);
        loop.advance(std::chrono::milliseconds(100));
    }
    [[nodiscard]] WatcherContext context(Opener& opener) {
        return {loop, worker, opener, clock, config, baselines, present, traces};
    }
};

}  // namespace integrityd::test
