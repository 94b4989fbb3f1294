// A device with endpoints that are real openssl servers, and a watcher on a loop whose time the test moves.
#pragma once

#include <memory>
#include <poll.h>
#include <string>
#include <sys/epoll.h>
#include <vector>

#include <catch2/catch.hpp>

#include "support/failure_bound.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"
#include "support/tls_server.hpp"
#include "support/tls_stub.hpp"
#include "unit/watchers/watched_device.hpp"
#include "watchers/tls/tls_watcher.hpp"

namespace integrityd::test {

struct TlsDevice : WatchedDevice {
    static constexpr std::int64_t begin = 1'800'000'000;  // FakeClock's time, in seconds

    bool network = true;  // of the unit
    bool routes = true;   // of the device

    TlsDevice() { config.tls.policy = "mozilla-intermediate"; }

    TlsEndpoint& add(const std::string& name, const std::string& address) {
        TlsEndpoint endpoint;
        endpoint.name = name;
        endpoint.address = address;
        endpoint.server_name = "endpoint.test";
        endpoint.ca_file = authority.file();
        endpoint.probe = TlsProbe::negotiated;
        config.tls.endpoints.push_back(endpoint);
        return config.tls.endpoints.back();
    }
    // Its first look waits for start().
    void make() {
        opener = direct_opener();
        watcher = std::make_unique<TlsWatcher>(
            context(*opener), TlsWatcher::Machine{std::string(INTEGRITYD_SOURCE_ROOT) + "/policy/tls", "/nonexistent",
                                                  [this] { return routes; }, [this] { return network; }});
    }
    void start() {
        make();
        watcher->start();
        finish();
    }
    // Until the look that is on its way is over.
    void finish() {
        REQUIRE(turn_until([&] { return watcher->counters().at("check_running") == 0; }));
    }
    void check() {
        REQUIRE(watcher->check());
        finish();
    }
    void accept() {
        const auto diff = watcher->diff_baseline();
        REQUIRE(diff);
        REQUIRE(watcher->accept_baseline(diff->digest, Wanted()));
        loop.run_posted();
    }
    // Everything that is ready is done, what a peer answers is awaited, but no time passes on the loop.
    template <typename Done>
    bool turn_until(Done done) {
        const auto late = std::chrono::steady_clock::now() + failure_bound;
        while (!done() && std::chrono::steady_clock::now() < late) {
            const bool worked = worker.run_all() > 0;
            loop.advance(Duration{0});
            if (!serve(0) && !worked && !done()) (void)serve(50);
        }
        return done();
    }
    void advance(Duration by) {
        clock.advance(static_cast<std::uint64_t>(by.count()));
        loop.advance(by);
    }
    // Like a sweep of what fails: time passes, and then the tries that it brings.
    void retry(Duration by) {
        advance(by);
        REQUIRE(turn_until([&] { return watcher->counters().at("check_size") == 0; }));
    }
    [[nodiscard]] bool has(std::string_view kind, std::string_view endpoint = "server") const {
        return present.has(kind, endpoint);
    }
    [[nodiscard]] std::string text(std::string_view kind, std::string_view endpoint = "server") const {
        return present.get(kind, endpoint).summary;
    }
    // Everything that is told, with its evidence: to compare.
    [[nodiscard]] std::vector<std::string> findings() const {
        std::vector<std::string> all;
        for (const auto& [key, seen] : present.held)
            all.push_back(key.first + " " + key.second + " " + seen.summary);
        return all;
    }

    TemporaryDirectory directory;
    TlsAuthority authority{directory.path(), TlsAuthority::root_wish(), begin};
    std::unique_ptr<Opener> opener;
    std::unique_ptr<TlsWatcher> watcher;

private:
    // Whether something was ready and somebody waited for it.
    bool serve(int milliseconds) {
        std::vector<pollfd> all;
        for (const int fd : loop.waited_for())
            all.push_back({fd, static_cast<short>(milliseconds == 0 ? POLLIN | POLLOUT : POLLIN), 0});
        bool served = false;
        if (poll(all.data(), all.size(), milliseconds) <= 0) return false;
        for (const auto& each : all) {
            if ((each.revents & (POLLIN | POLLHUP | POLLERR)) != 0) served = loop.ready(each.fd, EPOLLIN) || served;
            if ((each.revents & (POLLOUT | POLLHUP | POLLERR)) != 0) served = loop.ready(each.fd, EPOLLOUT) || served;
        }
        return served;
    }
};

inline bool can_serve_tls() {
    return skip_unless(have_openssl(), "needs openssl");
}

}  // namespace integrityd::test
