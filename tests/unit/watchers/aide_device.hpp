// A device with AIDE's files below a temporary directory, and a watcher on a loop that the test moves.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <poll.h>
#include <string>
#include <sys/epoll.h>

#include <catch2/catch.hpp>

#include "sources/aide_includes.hpp"
#include "support/temporary_directory.hpp"
#include "unit/sources/aide_test_support.hpp"
#include "unit/watchers/watched_device.hpp"
#include "watchers/aide/aide_watcher.hpp"

namespace integrityd::test {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::seconds;

inline const std::string database = "@@begin_db\n@@db_spec name attr\n/etc 1\n@@end_db\n";

inline const std::string clean = R"({
  "start_time": "2027-01-15 07:59:00 +0000",
  "aide_version": "0.18.3",
  "outline": "AIDE found NO differences between database and filesystem. Looks okay!!",
  "number_of_entries": {
    "total": 47
  },
  "end_time": "2027-01-15 07:59:59 +0000"
}
)";

// Differences, one second before the clean report.
inline std::string different(const std::string& path = "/etc/passwd") {
    std::string text = json_report(path);
    const auto set = [&text](const std::string& from, const std::string& to) {
        text.replace(text.find(from), from.size(), to);
    };
    set("2026-11-22 02:11:51", "2027-01-15 07:58:00");
    set("2026-11-22 02:11:52", "2027-01-15 07:58:30");
    set("7UB7Phq/X+sQJ7xJQ93s+U+3cuAnvMWndARIuLAfsK8=", to_base64(*from_hex(sha256_hex(database))));
    return text;
}

inline void write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

// A device with AIDE's files below a temporary directory.
struct Device : WatchedDevice {
    Device() {
        fs::create_directories(directory / "log");
        fs::create_directories(directory / "lib");
        fs::create_directories(directory / "etc/conf.d");
        config.aide.report_log = directory / "log/aide.log";
        config.aide.database = directory / "lib/aide.db";
        config.aide.config = directory / "etc/aide.conf";
        write(config.aide.database, database);
        write(config.aide.config, "@@x_include " + (directory / "etc/conf.d") + " ^[a-z]+$\n/ 0 R\n");
        write(directory / "etc/conf.d/one", "rule\n");
    }

    void start() {
        opener = direct_opener(aide_config_includes);
        watcher = std::make_unique<AideWatcher>(context(*opener));
        watcher->start();
        settle();
    }
    // Everything that is ready is done, without time passing.
    void settle() {
        for (bool more = true; more;) {
            more = worker.run_all() > 0;
            loop.run_posted();
            for (const int fd : loop.waited_for()) {
                pollfd ready{fd, POLLIN, 0};
                if (poll(&ready, 1, 0) == 1) more = loop.ready(fd, EPOLLIN) || more;
            }
        }
    }
    void advance(Duration by) {
        clock.advance(static_cast<std::uint64_t>(by.count()));
        loop.advance(by);
        settle();
    }
    // As Debian does it: a new file is moved to the name.
    void replace_report(const std::string& text) {
        write(directory / "log/.new", text);
        fs::rename(directory / "log/.new", config.aide.report_log);
        settle();
    }
    void accept() {
        const auto diff = watcher->diff_baseline();
        REQUIRE(diff);
        REQUIRE(watcher->accept_baseline(diff->digest, Wanted()));
        settle();
    }

    TemporaryDirectory directory;
    std::unique_ptr<Opener> opener;
    std::unique_ptr<AideWatcher> watcher;
};

}  // namespace integrityd::test
