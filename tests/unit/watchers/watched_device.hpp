// WatchedDevice: what a watcher lives among, on a loop and a clock that the test moves.
#pragma once

#include <memory>
#include <string>
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
    [[nodiscard]] WatcherContext context(Opener& opener) {
        return {loop, worker, opener, clock, config, baselines, present, traces};
    }
};

}  // namespace integrityd::test
