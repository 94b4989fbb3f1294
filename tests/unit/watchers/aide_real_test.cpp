// The real AIDE, run by the watcher itself on a real loop.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/config.hpp"
#include "core/escape.hpp"
#include "core/event_loop_sd.hpp"
#include "sources/aide_includes.hpp"
#include "support/blocked_child_signal.hpp"
#include "support/fakes.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"
#include "unit/watchers/present.hpp"
#include "watchers/aide/aide_watcher.hpp"
#include "watchers/file_traces.hpp"

using namespace integrityd;
using namespace integrityd::test;
namespace fs = std::filesystem;

namespace {

void write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

struct RealDevice {
    RealDevice() {
        fs::create_directories(tree());
        write(tree() + "/kept", "kept");
        write(tree() + "/changed", "old");
        write(tree() + "/removed", "removed");
        config.aide.report_log = directory / "aide.log";
        config.aide.database = directory / "aide.db";
        config.aide.config = directory / "aide.conf";
        config.aide.check_command = {"/usr/bin/aide", "--config=" + config.aide.config, "--check"};
        write(config.aide.config, "database_in=file:" + config.aide.database +
                                      "\ndatabase_out=file:" + config.aide.database +
                                      ".new\nreport_format=json\nreport_url=stdout\n" + tree() + " R+sha256\n");
        make_database();
        opener = make_direct_opener(config, aide_config_includes, audit);
        watcher = std::make_unique<AideWatcher>(
            WatcherContext{loop, *worker, *opener, clock, config, baselines, present, traces});
    }
    void make_database() {
        REQUIRE(std::system(("/usr/bin/aide --config=" + config.aide.config + " --init >/dev/null").c_str()) == 0);
        fs::rename(config.aide.database + ".new", config.aide.database);
    }
    [[nodiscard]] std::string tree() const { return directory / "tree"; }
    // Runs the loop until the watcher has finished another look.
    void finish_look() {
        const int before = present.finished;
        for (int round = 0; present.finished == before && round < 10000; ++round)
            loop.run_once(std::chrono::seconds(10));
        REQUIRE(present.finished == before + 1);
    }
    void check() {
        REQUIRE(watcher->check());
        CHECK(watcher->counters().at("check_running") == 1);
        finish_look();
    }

    BlockedChildSignal blocked;
    TemporaryDirectory directory;
    Config config;
    FakeAuditKernel audit;
    FileTraces traces;
    SdEventLoop loop;
    SystemClock clock;
    MemoryBaselines baselines;
    Present present;
    std::unique_ptr<Opener> opener;
    std::unique_ptr<Worker> worker = make_thread_worker(loop);
    std::unique_ptr<AideWatcher> watcher;
};

}  // namespace

TEST_CASE("a check of our own by the real AIDE tells what differs and takes it back [REQ-1]") {
    if (!skip_unless(access("/usr/bin/aide", X_OK) == 0, "needs aide")) return;
    RealDevice device;
    device.watcher->start();
    device.finish_look();
    REQUIRE(device.watcher->accept_baseline(device.watcher->diff_baseline()->digest, Wanted()));
    device.finish_look();

    device.check();
    for (const auto& [key, seen] : device.present.held)
        UNSCOPED_INFO(key.first << " " << key.second << ": " << seen.summary);
    INFO(device.present.health_now.reason);
    CHECK(device.present.held.empty());
    CHECK(device.present.health_now.can_look);

    write(device.tree() + "/changed", "new and longer");
    const std::string hostile = device.tree() + "/new\nline\x1f\x1b[31m\"\\";
    write(hostile, "x");
    fs::remove(device.tree() + "/removed");
    device.check();
    CHECK(device.present.has("aide.entry.changed", device.tree() + "/changed"));
    CHECK(device.present.has("aide.entry.removed", device.tree() + "/removed"));
    REQUIRE(device.present.has("aide.entry.added", escape(hostile)));
    CHECK(device.present.get("aide.entry.added", escape(hostile)).evidence.at("path").get<Bytes>()->data == hostile);
    CHECK(device.present.count("aide.check.failed") == 0);
    const auto counters = device.watcher->counters();
    CHECK(counters.at("check_running") == 0);
    CHECK(counters.at("check_runs") == 3);  // the first look, and the two that were asked for
    CHECK(counters.at("check_output_bytes") > 0);

    device.make_database();
    device.check();
    CHECK(device.present.has("aide.database.changed", device.config.aide.database));
    CHECK(device.present.has("aide.check.failed", "report"));
    CHECK(device.present.has("aide.entry.removed", device.tree() + "/removed"));
    REQUIRE(device.watcher->accept_baseline(device.watcher->diff_baseline()->digest, Wanted()));
    device.finish_look();
    device.check();
    CHECK(device.present.held.empty());
}

TEST_CASE("a check of our own that fails is told with its reason") {
    if (!skip_unless(access("/usr/bin/aide", X_OK) == 0, "needs aide")) return;
    RealDevice device;
    device.watcher->start();
    device.finish_look();
    device.check();
    write(device.config.aide.config, "nonsense\n");
    device.check();
    REQUIRE(device.present.has("aide.check.failed", "report"));
    CHECK_FALSE(device.present.health_now.can_look);

    write(device.config.aide.database, "");
    device.config.aide.check_command = {"/bin/sh", "-c", "kill -9 $$"};
    device.check();
    CHECK(device.present.get("aide.check.failed", "report").summary.find("signal 9") != std::string::npos);
    CHECK(device.present.has("aide.check.failed", "database"));
}
