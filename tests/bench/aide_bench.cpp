// Figures of the AIDE watcher in the whole daemon: latency, a large report, idle, start.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/inotify.h>
#include <thread>
#include <vector>

#include "bench/figure.hpp"
#include "bench/usage.hpp"
#include "support/aide_tree.hpp"
#include "support/daemon_process.hpp"
#include "support/dbus_daemon.hpp"
#include "support/subscriber.hpp"

using namespace integrityd::test;
using namespace integrityd::bench;

namespace {

// A report as AIDE 0.18 writes it; of `count` changed files, with details.
std::string report(unsigned turn, unsigned count, unsigned first = 0) {
    std::ostringstream out;
    out << "{\n  \"start_time\": \"2026-11-22 04:00:00 +0000\",\n  \"aide_version\": \"0.18.3\",\n  \"outline\": \"";
    if (count == 0) {
        out << "AIDE found NO differences between database and filesystem. Looks okay!!\",\n"
               "  \"number_of_entries\": {\n    \"total\": 200000\n  },\n";
    } else {
        out << "AIDE found differences between database and filesystem!!\",\n  \"number_of_entries\": {\n"
               "    \"total\": 200000,\n    \"added\": 0,\n    \"removed\": 0,\n    \"changed\": "
            << count << "\n  },\n  \"changed\": {\n";
        for (unsigned i = 0; i < count; ++i) {
            out << (i == 0 ? "" : ",\n") << "    \"/usr/lib/product/component-" << (first + i) % 97 << "/file-" << turn
                << '-' << first + i << ".so\": \"f >.p.. ....H     \"";
        }
        out << "\n  },\n  \"details\": {\n";
        for (unsigned i = 0; i < count; ++i) {
            out << (i == 0 ? "" : ",\n") << "    \"/usr/lib/product/component-" << (first + i) % 97 << "/file-" << turn
                << '-' << first + i
                << ".so\": {\n      \"size\": {\n        \"old\": 4096,\n        \"new\": 8192\n      },\n"
                   "      \"perm\": {\n        \"old\": \"-rw-r--r--\",\n        \"new\": \"-rwxrwxrwx\"\n      },\n"
                   "      \"sha256\": {\n        \"old\": \"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\",\n"
                   "        \"new\": \"n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=\"\n      }\n    }";
        }
        out << "\n  },\n";
    }
    out << "  \"end_time\": \"2026-11-22 04:00:01 +0000\",\n  \"run_time_seconds\": 1\n}\n";
    return out.str();
}

struct Device {
    TemporaryDirectory directory;
    AideTree tree{directory};
    DbusDaemon bus;
    DaemonProcess daemon{directory, bus.address()};

    Device() {
        tree.write("etc/one", "one\n");
        tree.accept_tree();
        (void)tree.check();
        daemon.write_config(tree.section());
    }
    bool settled(Subscriber& subscriber) {
        if (!daemon.start() || !subscriber.wait_for_verdict(INTEGRITY_DEGRADED)) return false;
        const auto diff = subscriber.client().diff_baseline("aide");
        (void)subscriber.client().accept_baseline("aide", diff.digest, {}, "bench");
        return subscriber.wait_for_verdict(INTEGRITY_INTACT);
    }
};

// From the moment at which AIDE's report is there to the callback in the subscriber.
void latency(Figures& figures) {
    Device device;
    Subscriber subscriber;
    if (!device.settled(subscriber)) return figures.print("aide_report_to_signal_p99", 1e9, "ms", 50, Better::lower);
    std::vector<double> taken;
    for (unsigned turn = 0; turn < 300; ++turn) {
        const std::size_t before = subscriber.events.size();
        const std::string text = report(turn, 1);
        const auto start = SteadyClock::now();
        device.tree.put_report(text);
        (void)subscriber.wait_until([&] {
            return std::any_of(subscriber.events.begin() + static_cast<std::ptrdiff_t>(before), subscriber.events.end(),
                               [](const auto& event) { return event.type() == "raised"; });
        });
        taken.push_back(seconds(SteadyClock::now() - start) * 1000);
    }
    figures.print("aide_report_to_signal_p99", percentile(taken, 0.99), "ms", 50, Better::lower);
    figures.tell("aide_report_to_signal_p50", percentile(taken, 0.5), "ms");
}

void large_report(Figures& figures) {
    Device device;
    Subscriber subscriber;
    if (!device.settled(subscriber)) return figures.print("aide_100000_entries_cpu", 1e9, "s", 1, Better::lower);
    const std::string text = report(0, 100'000);
    const Usage before = usage_of(device.daemon.pid());
    device.tree.put_report(text);
    (void)subscriber.wait_for("raised", "aide.entry.flood");
    (void)subscriber.wait_until([&] {
        return std::count_if(subscriber.events.begin(), subscriber.events.end(),
                             [](const auto& event) { return event.type() == "raised"; }) >= 1001;
    });
    const Usage after = usage_of(device.daemon.pid());
    figures.print("aide_100000_entries_cpu", after.cpu_seconds - before.cpu_seconds, "s", 1, Better::lower);
    figures.print("aide_100000_entries_peak_rss", after.peak_rss_mb, "MB", 48, Better::lower);
    figures.tell("aide_100000_entries_report", static_cast<double>(text.size()) / 1e6, "MB");
}

void idle(Figures& figures) {
    Device device;
    Subscriber subscriber;
    if (!device.settled(subscriber)) return figures.print("idle_60s_cpu_ticks", 1e9, "ticks", 1, Better::lower);
    subscriber.client().unsubscribe();
    const Usage before = usage_of(device.daemon.pid());
    std::this_thread::sleep_for(std::chrono::seconds(60));  // what is measured is this time
    const Usage after = usage_of(device.daemon.pid());
    figures.print("idle_60s_cpu_ticks", after.cpu_ticks - before.cpu_ticks, "ticks", 1, Better::lower);
    figures.print("idle_private_dirty", after.private_dirty_mb, "MB", 4, Better::lower);
    figures.print("idle_pss", after.pss_mb, "MB", 10, Better::lower);
}

void start(Figures& figures) {
    Device device;
    Subscriber subscriber;
    if (!device.settled(subscriber)) return figures.print("start_with_10000_events", 1e9, "ms", 100, Better::lower);
    // Each raises a thousand, and the next takes them back.
    for (unsigned turn = 0; subscriber.client().status().last_sequence() < 10'000; ++turn) {
        const auto reached = subscriber.client().status().last_sequence() + 1000;
        device.tree.put_report(report(turn, 1000));
        if (!subscriber.wait_until([&] { return subscriber.client().status().last_sequence() >= reached; })) break;
    }
    (void)device.daemon.stop();
    std::vector<double> taken;
    for (unsigned turn = 0; turn < 20; ++turn) {
        const auto begin = SteadyClock::now();
        if (!device.daemon.start()) break;
        taken.push_back(seconds(SteadyClock::now() - begin) * 1000);
        (void)device.daemon.stop();
    }
    figures.print("start_with_10000_events_p50", taken.empty() ? 1e9 : percentile(taken, 0.5), "ms", 100,
                  Better::lower);
    figures.tell("start_with_10000_events_p90", taken.empty() ? 1e9 : percentile(taken, 0.9), "ms");
}

}  // namespace

int main() {
    if (!AideTree::possible()) {
        std::puts("aide is not installed: nothing measured");
        return 1;
    }
    Figures figures;
    latency(figures);
    large_report(figures);
    start(figures);
    idle(figures);
    return figures.status();
}
