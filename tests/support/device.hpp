// Device: everything that integrityd lives among, for tests of the real daemon: a tree with AIDE's files, a bus of
// its own with the real policy, the daemon's folders.
#pragma once

#include <cerrno>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "support/aide_tree.hpp"
#include "support/daemon_process.hpp"
#include "support/dbus_daemon.hpp"
#include "support/subscriber.hpp"

namespace integrityd::test {

struct Device {
    TemporaryDirectory directory;
    AideTree tree{directory};
    DbusDaemon bus;
    DaemonProcess daemon{directory, bus.address()};

    Device() { configure(); }

    // `daemon_keys` belong to [daemon], `sections` follow what AIDE's files need.
    void configure(const std::string& sections = "", const std::string& daemon_keys = "") const {
        daemon.write_config(daemon_keys + tree.section() + sections);
    }
    // A first tree, accepted by AIDE and looked at; needs the real aide.
    void deliver() const {
        tree.write("etc/one", "one\n");
        tree.write("etc/two", "two\n");
        tree.accept_tree();
        (void)tree.check();
    }
    // Takes what is there for good, once it is read.
    static void accept(Subscriber& subscriber, const std::string& watcher) {
        (void)subscriber.wait_until([&] {
            try {
                const auto diff = subscriber.client().diff_baseline(watcher);
                (void)subscriber.client().accept_baseline(watcher, diff.digest, {}, "delivered so");
            } catch (const integrity::Error& error) {
                return error.code() == EBUSY ? false : throw;
            }
            return true;
        });
    }
    // A report in which AIDE found these files changed; each one later than the one before. Needs no aide.
    void put_report(const std::vector<std::string>& changed) { tree.put_report(report(changed)); }

    [[nodiscard]] std::string state_file() const { return daemon.runtime_dir() + "/state"; }

    // The form is that of AIDE 0.18.
    [[nodiscard]] std::string report(const std::vector<std::string>& changed) {
        std::string rows;
        for (const auto& path : changed)
            rows += (rows.empty() ? "    \"" : ",\n    \"") + path + "\": \"f >.p.. ....H     \"";
        const std::string time = next_time();
        const std::string outline = changed.empty() ? "AIDE found NO differences between database and filesystem. "
                                                      "Looks okay!!"
                                                    : "AIDE found differences between database and filesystem!!";
        std::string text = "{\n  \"start_time\": \"" + time +
                           "\",\n  \"aide_version\": \"0.18.3\",\n"
                           "  \"outline\": \"" +
                           outline + "\",\n  \"number_of_entries\": {\n    \"total\": 100000";
        if (!changed.empty()) {
            text += ",\n    \"added\": 0,\n    \"removed\": 0,\n    \"changed\": " + std::to_string(changed.size()) +
                    "\n  },\n  \"changed\": {\n" + rows;
        }
        return text + "\n  },\n  \"end_time\": \"" + time + "\",\n  \"run_time_seconds\": 0\n}\n";
    }

private:
    std::string next_time() {
        const std::time_t time = first_report_ + ++reports_;
        std::tm utc{};
        gmtime_r(&time, &utc);
        char text[40];
        (void)std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S +0000", &utc);
        return text;
    }

    // In the past, so that many reports can follow each other before now.
    std::time_t first_report_ = std::time(nullptr) - 3600;
    unsigned reports_ = 0;
};

[[nodiscard]] inline std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace integrityd::test
