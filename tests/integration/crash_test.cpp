// kill -9 at random moments while events arrive: no event lost, none twice, the chain intact.
#include <cstdlib>
#include <random>
#include <set>
#include <signal.h>

#include <catch2/catch.hpp>

#include "support/aide_tree.hpp"
#include "support/daemon_process.hpp"
#include "support/dbus_daemon.hpp"
#include "support/subscriber.hpp"

using namespace integrityd::test;

namespace {

unsigned rounds() {
    const char* asked = std::getenv("INTEGRITYD_CRASH_ROUNDS");
    return asked != nullptr ? static_cast<unsigned>(std::strtoul(asked, nullptr, 10)) : 200;
}

// A report as AIDE 0.18 writes it, that finds `count` changed files; which ones changes by `turn`.
std::string report(unsigned turn, unsigned count) {
    std::string rows;
    for (unsigned i = 0; i < count; ++i) {
        rows += std::string(i == 0 ? "" : ",\n") + "    \"/srv/file-" + std::to_string(turn % 7) + "-" +
                std::to_string(i) + "\": \"f >.p.. ....H     \"";
    }
    const std::string total = std::to_string(count);
    return "{\n  \"start_time\": \"2026-11-22 04:00:00 +0000\",\n  \"aide_version\": \"0.18.3\",\n"
           "  \"outline\": \"AIDE found differences between database and filesystem!!\",\n"
           "  \"number_of_entries\": {\n    \"total\": 1000,\n    \"added\": 0,\n    \"removed\": 0,\n    "
           "\"changed\": " +
           total + "\n  },\n  \"changed\": {\n" + rows +
           "\n  },\n  \"end_time\": \"2026-11-22 04:00:01 +0000\",\n  \"run_time_seconds\": 1\n}\n";
}

}  // namespace

TEST_CASE("kill -9 at any moment loses no event, tells none twice and leaves the chain intact [REQ-6] [REQ-5]") {
    TemporaryDirectory directory;
    AideTree tree(directory);
    DbusDaemon bus;
    DaemonProcess daemon(directory, bus.address());
    daemon.write_config(tree.section());
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);

    Subscriber subscriber;
    for (unsigned round = 0; round < rounds(); ++round) {
        REQUIRE(daemon.start());
        for (unsigned turn = 0; turn < 3; ++turn)
            tree.put_report(report(round * 3 + turn, 20));
        // How much it is let to do differs from round to round; nothing is waited for.
        const unsigned steps = std::uniform_int_distribution<unsigned>(0, 60)(random);
        for (unsigned step = 0; step < steps; ++step) {
            subscriber.take_what_is_there();
            if (subscriber.client().wait(std::chrono::milliseconds(1))) subscriber.take_what_is_there();
        }
        daemon.send(SIGKILL);
        (void)daemon.wait();
    }

    REQUIRE(daemon.start());
    tree.put_report(report(0, 5));
    REQUIRE(subscriber.wait_until([&] {
        return subscriber.lost == subscriber.back && subscriber.find("raised", "aide.entry.changed") != nullptr &&
               subscriber.client().status().last_sequence() == subscriber.events.back().sequence();
    }));
    // What the subscriber was told is what is in the chain, each once, in order, to the hash.
    CHECK(subscriber.stream_changes == 0);
    CHECK(subscriber.missed == 0);
    std::uint64_t last = subscriber.events.front().sequence() - 1;
    for (const auto& event : subscriber.events) {
        REQUIRE(event.sequence() == last + 1);
        last = event.sequence();
    }
    std::uint64_t compared = 0;
    for (std::uint64_t after = subscriber.events.front().sequence() - 1;;) {
        const auto page = subscriber.client().event_page(after, 500);
        if (page.events.empty()) break;
        for (const auto& stored : page.events) {
            const auto index = stored.sequence() - subscriber.events.front().sequence();
            if (index >= subscriber.events.size()) break;
            REQUIRE(stored.hash() == subscriber.events[index].hash());
            ++compared;
        }
        after = page.events.back().sequence();
    }
    CHECK(compared == subscriber.events.size());
    const auto checked = subscriber.client().verify_events();
    CHECK(checked.intact);
    CHECK(checked.checked >= compared);
    WARN(rounds() << " rounds, " << checked.checked << " events, " << subscriber.lost << " losses told");
    CHECK(daemon.stop());
}
