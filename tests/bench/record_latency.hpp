// How long a record takes, from the moment at which it is in the audit log to the callback in the subscriber.
#pragma once

#include <string>
#include <vector>

#include "bench/usage.hpp"
#include "support/audited_device.hpp"

namespace integrityd::bench {

constexpr double not_measured = 1e9;

// In milliseconds; empty when a record was not told. `sections`: more of the configuration.
// A rule tells its first twenty matches one by one: so there are twenty rules.
inline std::vector<double> record_latencies(const std::string& sections, unsigned turns_a_rule) {
    constexpr unsigned rules = 20;
    test::AuditedDevice device;
    std::string all = sections;
    for (unsigned rule = 0; rule < rules; ++rule)
        all += test::AuditedDevice::rule("rule " + std::to_string(rule), "key-" + std::to_string(rule));
    device.configure_rules("", device.log, false, all);
    test::Subscriber subscriber;
    if (!device.daemon.start()) return {};
    test::wait_for_first_look(subscriber);
    std::vector<double> taken;
    for (unsigned turn = 0; turn < rules * turns_a_rule; ++turn) {
        const std::string path = "/srv/file" + std::to_string(turn);
        const std::string rule = std::to_string(turn % rules);
        const auto begin = SteadyClock::now();
        device.record_write(path, "key-" + rule);
        if (!subscriber.wait_for("raised", "audit.rule.matched", "rule " + rule + ": " + path)) return {};
        taken.push_back(seconds(SteadyClock::now() - begin) * 1000);
    }
    (void)device.daemon.stop();
    return taken;
}

}  // namespace integrityd::bench
