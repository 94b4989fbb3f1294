// Figures of the audit watcher in the whole daemon: how long a record takes to a subscriber, and, where the machine's
// audit may be used, what a burst of the real auditd brings and what a busy device costs.
#include <cmath>
#include <cstdio>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>

#include "bench/figure.hpp"
#include "bench/record_latency.hpp"
#include "support/audit_host.hpp"

using namespace integrityd::test;
using namespace integrityd::bench;

namespace {

void latency(Figures& figures) {
    const std::vector<double> taken = record_latencies("", 20);
    const double p99 = taken.empty() ? not_measured : percentile(taken, 0.99);
    figures.print("audit_record_to_signal_p99", p99, "ms", 10, Better::lower);
    if (!taken.empty()) figures.tell("audit_record_to_signal_p50", percentile(taken, 0.5), "ms");
}

void pin(pid_t process) {
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    (void)sched_setaffinity(process, sizeof first, &first);
}

// The whole machine: real kernel, real auditd, real daemon with the kernel's feed.
struct AuditedMachine {
    AuditHost host;
    pid_t auditd = host.start_auditd();
    AuditedDevice device;

    explicit AuditedMachine(const std::string& rules) { device.configure_rules("", host.log(), true, rules); }
};

std::uint64_t number(const integrity::Violation& violation, const char* name) {
    return violation.details()[name].number();
}

// What was told of the burst: matches one by one and folded, and what is said to be missing.
struct Told {
    std::uint64_t matched = 0;
    std::uint64_t missing = 0;

    explicit Told(const Subscriber& subscriber) {
        for (const auto& event : subscriber.events) {
            const auto violation = event.violation();
            if (!violation) continue;
            // The storm counts what was told one by one, too.
            if (violation.subject() == "deletions: storm") matched = std::max(matched, number(violation, "matches"));
            if (violation.kind() == "audit.records.lost") missing = std::max(missing, number(violation, "events"));
            if (violation.kind() == "audit.log.gap") missing = std::max(missing, number(violation, "count"));
        }
    }
};

// A process of its own: the kernel gives a task what auditing needs when it is made, if audit was on by then.
void delete_files(const TemporaryDirectory& folder, unsigned files) {
    const pid_t child = fork();
    if (child == 0) {
        pin(0);
        for (unsigned i = 0; i < files; ++i)
            (void)unlink((folder / std::to_string(i)).c_str());
        _exit(0);
    }
    (void)waitpid(child, nullptr, 0);
}

// What the feed brought is held back for the log for some seconds: what is told after all would be too many.
void settle(Subscriber& subscriber) {
    const auto late = SteadyClock::now() + std::chrono::seconds(5);
    (void)subscriber.wait_until([&] { return SteadyClock::now() > late; });
}

void burst(Figures& figures) {
    constexpr unsigned files = 50'000;
    AuditedMachine machine(AuditedDevice::rule("deletions", "deletions"));
    const TemporaryDirectory folder(memory_path());
    for (unsigned i = 0; i < files; ++i)
        std::ofstream(folder / std::to_string(i)) << 'x';
    Subscriber subscriber;
    if (!machine.device.daemon.start() ||
        !AuditHost::auditctl("-a always,exit -F arch=b64 -S unlink,unlinkat -F dir=" + folder.path() + " -k deletions"))
        return figures.print("audit_burst_unaccounted", not_measured, "events", 0, Better::lower);
    wait_for_first_look(subscriber);
    pin(machine.device.daemon.pid());
    const Usage before = usage_of(machine.device.daemon.pid());
    const auto begin = SteadyClock::now();
    delete_files(folder, files);
    const double deleted = seconds(SteadyClock::now() - begin);
    (void)subscriber.wait_until([&] {
        const Told told(subscriber);
        return told.matched + told.missing >= files;
    });
    const double until_told = seconds(SteadyClock::now() - begin);
    settle(subscriber);
    const Told told(subscriber);
    const Usage after = usage_of(machine.device.daemon.pid());
    // Too many is as wrong as too few.
    const double off = std::abs(static_cast<double>(told.matched + told.missing) - files);
    figures.print("audit_burst_unaccounted", off, "events", 0, Better::lower);
    figures.tell("audit_burst_matched", static_cast<double>(told.matched), "events");
    figures.tell("audit_burst_told_missing", static_cast<double>(told.missing), "events");
    figures.tell("audit_burst_deleting", deleted, "s");
    figures.tell("audit_burst_until_told", until_told, "s");
    figures.tell("audit_burst_cpu", after.cpu_seconds - before.cpu_seconds, "s");
    figures.tell("audit_burst_peak_rss", after.peak_rss_mb, "MB");
    (void)machine.device.daemon.stop();
}

// Runs a small program so many times a second, for so long; how many it were.
unsigned run_programs(unsigned a_second, unsigned for_seconds) {
    const auto begin = SteadyClock::now();
    const auto step = std::chrono::nanoseconds(std::chrono::seconds(1)) / a_second;
    unsigned ran = 0;
    for (; SteadyClock::now() - begin < std::chrono::seconds(for_seconds); ++ran) {
        pid_t child = -1;
        char name[] = "/bin/true";
        char* const words[] = {name, nullptr};
        if (posix_spawn(&child, name, nullptr, nullptr, words, nullptr) == 0) (void)waitpid(child, nullptr, 0);
        const auto next = begin + step * (ran + 1);
        timespec rest{};
        rest.tv_nsec = static_cast<long>(
            std::clamp<std::int64_t>(std::chrono::nanoseconds(next - SteadyClock::now()).count(), 0, 999'999'999));
        (void)nanosleep(&rest, nullptr);  // what is measured is this pace
    }
    return ran;
}

// As a process of its own, which is audited from its begin.
unsigned run_audited_programs(unsigned a_second, unsigned for_seconds) {
    int ends[2];
    if (pipe(ends) != 0) return 0;
    const pid_t child = fork();
    if (child == 0) {
        const unsigned ran = run_programs(a_second, for_seconds);
        _exit(write(ends[1], &ran, sizeof ran) == sizeof ran ? 0 : 1);
    }
    (void)close(ends[1]);
    unsigned ran = 0;
    if (read(ends[0], &ran, sizeof ran) != sizeof ran) ran = 0;
    (void)close(ends[0]);
    (void)waitpid(child, nullptr, 0);
    return ran;
}

void busy(Figures& figures) {
    constexpr unsigned for_seconds = 20;
    AuditedMachine machine(AuditedDevice::rule("identity files", "identity"));
    Subscriber subscriber;
    if (!machine.device.daemon.start() || !AuditHost::auditctl("-a always,exit -F arch=b64 -S execve -k execs"))
        return figures.print("audit_1000_execs_cpu", not_measured, "% of a core", 2, Better::lower);
    wait_for_first_look(subscriber);
    const Usage before = usage_of(machine.device.daemon.pid());
    const Usage auditd_before = usage_of(machine.auditd);
    const auto begin = SteadyClock::now();
    const unsigned ran = run_audited_programs(1000, for_seconds);
    const double span = seconds(SteadyClock::now() - begin);
    const Usage after = usage_of(machine.device.daemon.pid());
    const Usage auditd_after = usage_of(machine.auditd);
    // A machine that is too slow for the pace is measured by what it did.
    const double pace = ran / span / 1000;
    const auto share = [&](const Usage& first, const Usage& last) {
        return (last.cpu_seconds - first.cpu_seconds) / span / pace * 100;
    };
    figures.print("audit_1000_execs_cpu", pace > 0 ? share(before, after) : not_measured, "% of a core", 2,
                  Better::lower);
    figures.tell("audit_1000_execs_auditd_cpu", pace > 0 ? share(auditd_before, auditd_after) : 0, "% of a core");
    figures.tell("audit_1000_execs_pace", ran / span, "execs/s");
    figures.tell("audit_1000_execs_peak_rss", after.peak_rss_mb, "MB");
    (void)machine.device.daemon.stop();
}

}  // namespace

int main() {
    Figures figures;
    latency(figures);
    if (const std::string why = AuditHost::why_not(); !why.empty()) {
        std::printf("no burst and no busy device: %s\n", why.c_str());
        return figures.status();
    }
    burst(figures);
    busy(figures);
    return figures.status();
}
