// How long a record of audit takes to a subscriber of the whole daemon.
#pragma once

#include <string>
#include <vector>

#include "bench/usage.hpp"
#include "support/audited_device.hpp"

namespace integrityd::bench {

// Milliseconds from the moment at which a record is in the log to the callback in the subscriber, one for each turn;
// fewer: a signal did not come, or the daemon not up. `more`: sections of its configuration. A rule tells its first
// twenty matches one by one: so there are twenty rules, and at most 400 turns.
inline std::vector<double> signal_times(unsigned turns, const std::string& more = "") {
    constexpr unsigned rules = 20;
    test::AuditedDevice device;
    std::string sections;
    for (unsigned rule = 0; rule < rules; ++rule)
        sections += test::AuditedDevice::rule("rule " + std::to_string(rule), "key-" + std::to_string(rule));
    device.configure_rules("", device.log, false, sections + more);
    test::Subscriber subscriber;
    std::vector<double> taken;
    if (!device.daemon.start()) return taken;
    test::wait_for_first_look(subscriber);
    for (unsigned turn = 0; turn < turns; ++turn) {
        const std::string path = "/srv/file" + std::to_string(turn);
        const std::string rule = std::to_string(turn % rules);
        const auto begin = SteadyClock::now();
        device.record_write(path, "key-" + rule);
        if (!subscriber.wait_for("raised", "audit.rule.matched", "rule " + rule + ": " + path)) break;
        taken.push_back(seconds(SteadyClock::now() - begin) * 1000);
    }
    (void)device.daemon.stop();
    return taken;
}

}  // namespace integrityd::bench
