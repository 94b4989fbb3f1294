// Subscriber: a client that writes down what it is told, and a loop for it and the fake daemon in one thread.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <poll.h>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <integrity/integrity.hpp>

#include "support/failure_bound.hpp"
#include "support/fake_manager.hpp"
#include "support/private_bus.hpp"

namespace integrityd::test {

using Told = std::vector<std::string>;

inline std::string describe(const integrity::Item& item) {
    const auto sequence = std::to_string(item.sequence());
    switch (item.type()) {
        case INTEGRITY_SNAPSHOT_BEGIN:
            return "begin";
        case INTEGRITY_SNAPSHOT_VIOLATION:
            return "violation " + std::to_string(item.violation().id());
        case INTEGRITY_SNAPSHOT_END:
            return "end " + sequence;
        case INTEGRITY_EVENT:
            return "event " + sequence;
        case INTEGRITY_VERDICT_CHANGED:
            return std::string("verdict ") + integrity_verdict_to_string(item.verdict());
        case INTEGRITY_MONITORING_LOST:
            return "lost " + std::to_string(item.error());
        case INTEGRITY_MONITORING_BACK:
            return "back";
        case INTEGRITY_STREAM_CHANGED:
            return "stream " + std::string(item.stream().substr(0, 1));
        case INTEGRITY_GAP:
            return "gap " + std::to_string(item.count()) + " to " + sequence;
    }
    return "?";
}

inline std::string lost(int error) {
    return "lost " + std::to_string(error);
}

struct Subscriber {
    integrity::Client client;
    Told told;
    unsigned max_events = 0;

    explicit Subscriber(const integrity::Start& start = {}, const integrity::Filter& filter = {}) {
        subscribe(start, filter);
    }
    void subscribe(const integrity::Start& start, const integrity::Filter& filter = {}) {
        client.subscribe([this](const integrity::Item& item) { told.push_back(describe(item)); }, filter, start);
    }

    // Runs client and daemon until `done`.
    void run(FakeManager* manager, const std::function<bool()>& done) {
        const auto deadline = std::chrono::steady_clock::now() + failure_bound;
        while (!done()) {
            client.process(max_events);
            if (manager != nullptr && manager->dispatch()) continue;
            if (done()) return;
            if (std::chrono::steady_clock::now() > deadline)
                FAIL("not told in time; so far: " << Catch::Detail::stringify(told));
            wait(manager);
        }
    }
    void run_until(FakeManager* manager, const std::string& last) {
        run(manager, [&] { return std::find(told.begin(), told.end(), last) != told.end(); });
    }
    // Until `last` is told, then hands out what was told up to now and begins anew.
    Told take_until(FakeManager* manager, const std::string& last) {
        run_until(manager, last);
        return std::exchange(told, {});
    }

private:
    void wait(FakeManager* manager) {
        std::array<pollfd, 2> waited = {pollfd{client.fd(), static_cast<short>(client.events()), 0}, pollfd{-1, 0, 0}};
        if (manager != nullptr) waited[1] = pollfd{sd_bus_get_fd(manager->bus()), POLLIN, 0};
        const std::uint64_t until = client.timeout();
        timespec now{};
        clock_gettime(CLOCK_MONOTONIC, &now);
        const auto now_usec =
            static_cast<std::uint64_t>(now.tv_sec) * 1000000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
        const std::uint64_t left = until > now_usec ? until - now_usec : 0;
        ::poll(waited.data(), waited.size(), static_cast<int>(std::min<std::uint64_t>(left / 1000 + (left > 0), 1000)));
    }
};

}  // namespace integrityd::test
