// An AuditWatcher with a log that the test writes as auditd does it, a state of audit of the test's own, and time that
// the test moves.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "support/audit_log_rig.hpp"
#include "unit/sources/audit_status_bytes.hpp"
#include "unit/watchers/audit_text.hpp"
#include "unit/watchers/watched_device.hpp"
#include "watchers/audit/audit_watcher.hpp"

namespace integrityd::test {

struct AuditDevice : WatchedDevice {
    TemporaryDirectory directory{memory_path()};
    AuditLogWriter log{directory / "audit.log"};
    std::unique_ptr<Opener> opener;
    std::unique_ptr<AuditWatcher> watcher;

    AuditDevice() {
        config.audit.log = log.path();
        config.audit.config = directory / "auditd.conf";
        config.audit.netlink = false;
        config.audit.rules = {{.name = "identity files", .key = "identity"}};
        std::ofstream(config.audit.config) << "log_file = audit.log\n";
        set_status({.pid = static_cast<std::uint32_t>(getpid())});
    }
    void set_status(const KernelNumbers& numbers) { kernel.status_file = memory_file(status_bytes(numbers, {})); }
    // Only begins: turn() lets it look.
    void begin() {
        opener = direct_opener();
        watcher = std::make_unique<AuditWatcher>(context(*opener));
        watcher->start();
    }
    void start() {
        begin();
        turn();
    }
    void stop() {
        watcher.reset();
        turn();
    }
    // As if it had been killed: what it kept last is what there is.
    void kill() {
        const auto kept = present.cursor;
        stop();
        present.cursor = kept;
    }
    // Until nothing happens any more.
    void turn() { turn_until_quiet(loop, worker); }
    void seconds(int count) {
        for (int i = 0; i < count; ++i) {
            loop.advance(std::chrono::seconds(1));
            turn();
        }
    }
    void write(const std::string& text) {
        log.write(text);
        turn();
    }
    void accept() {
        const auto diff = watcher->diff_baseline();
        if (!diff || !watcher->accept_baseline(diff->digest, Wanted())) std::abort();
        turn();
    }
    [[nodiscard]] std::vector<const Observation*> told(std::string_view kind) const {
        std::vector<const Observation*> all;
        for (const Observation& seen : present.happenings)
            if (seen.kind->name == kind) all.push_back(&seen);
        return all;
    }
    [[nodiscard]] std::size_t times(std::string_view kind, const std::string& subject) const {
        const auto all = told(kind);
        return static_cast<std::size_t>(
            std::ranges::count_if(all, [&](const Observation* seen) { return seen->subject == subject; }));
    }
};

}  // namespace integrityd::test
