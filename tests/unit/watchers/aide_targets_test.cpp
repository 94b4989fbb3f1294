// What is believed of the checks of single paths: a real child, whose report and complaints are the test's.
#include "watchers/aide/aide_targets.hpp"

#include <csignal>

#include <catch2/catch.hpp>

#include "core/digest.hpp"
#include "core/event_loop_sd.hpp"
#include "support/blocked_child_signal.hpp"
#include "unit/watchers/aide_device.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

struct Targets {
    // `script` is the path_command; in it $REPORT is the file with this report.
    Targets(const std::string& report, const std::string& script) {
        write(directory / "report", report);
        write(directory / "check", "REPORT=" + (directory / "report") + "\n" + script);
        write(directory / "aide.db", database);
        config.aide.database = directory / "aide.db";
        config.aide.config = directory / "aide.conf";
        config.aide.path_command = {"/bin/sh", directory / "check"};
        opener = make_direct_opener(config, aide_config_includes, audit);
        targets = std::make_unique<AideTargets>(
            loop, worker, *opener, config.aide,
            AideTargets::Calls{.accepted = [] { return std::vector{sha256_hex(database)}; },
                               .checked = [this](const auto&, const auto&) { ++checked; },
                               .failed = [](const std::string&) {}});
    }
    [[nodiscard]] std::uint64_t counter(const std::string& name) const {
        std::map<std::string, std::uint64_t> counters;
        targets->add_counters(counters);
        return counters.at(name);
    }
    // One path, until its first check is over.
    void check() {
        targets->written("/etc/passwd");
        for (int round = 0; round < 10'000 && checked == 0 && counter("path_checks_failed") == 0; ++round) {
            loop.run_once(seconds(1));
            worker.run_all();
        }
    }

    BlockedChildSignal blocked;
    TemporaryDirectory directory;
    Config config;
    FakeAuditKernel audit;
    SdEventLoop loop;
    FakeWorker worker;
    std::unique_ptr<Opener> opener;
    int checked = 0;
    std::unique_ptr<AideTargets> targets;
};

std::string limited() {
    std::string report = clean;
    report.insert(report.find("\"number_of"), "\"limit\": \"^/etc/passwd$\",\n  ");
    return report;
}

}  // namespace

TEST_CASE("a whole report on single paths is a look at them [REQ-43]") {
    Targets device(limited(), "cat $REPORT\n");
    device.check();
    CHECK(device.checked == 1);
    CHECK(device.counter("path_checks_failed") == 0);
    CHECK(device.counter("paths_checked") == 1);
}

TEST_CASE("a report on single paths in which AIDE complained takes nothing back [REQ-10] [REQ-43]") {
    std::string report = limited();
    std::string script = "cat $REPORT\n";
    SECTION("on standard error") {
        script += "echo 'ERROR: /etc/passwd: read error' >&2\n";
    }
    SECTION("before the report") {
        script = "echo 'WARNING: /etc/passwd: read error'\n" + script;
    }
    SECTION("of a run that failed") {
        script += "exit 18\n";
    }
    SECTION("that is about everything") {
        report = clean;
    }
    Targets device(report, script);
    device.check();
    CHECK(device.checked == 0);
    CHECK(device.counter("path_checks_failed") == 1);
    CHECK(device.counter("paths_checked") == 0);
    CHECK(device.counter("paths_waiting") == 1);  // tried again
}
