// AuditedDevice: a device with an audit log that the test writes, in the words of auditd.
#pragma once

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "support/device.hpp"

namespace integrityd::test {

namespace fs = std::filesystem;

// As the kernel writes a name: in quotes when it is plain, else in hex.
inline std::string quoted(const std::string& name) {
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 127 && c != '"'; });
    if (plain) return '"' + name + '"';
    std::string hex;
    for (const char c : name) {
        constexpr const char* digits = "0123456789ABCDEF";
        hex += digits[static_cast<unsigned char>(c) >> 4U];
        hex += digits[static_cast<unsigned char>(c) & 15U];
    }
    return hex;
}

struct AuditedDevice : Device {
    std::string log = directory / "audit/audit.log";
    unsigned serial = 100;

    AuditedDevice() {
        fs::create_directories(directory / "audit");
        fs::create_directories(directory / "etc");
        std::ofstream(directory / "etc/auditd.conf") << "log_file = audit.log\n";
        make_log();
        configure_audit();
    }
    // `aide_keys` belong to [aide].
    void configure_audit(const std::string& aide_keys = "") const {
        configure_rules(aide_keys, log, false, rule("identity files", "identity"));
    }
    // Another log than the test's own, the kernel's feed beside it, other rules.
    void configure_rules(const std::string& aide_keys, const std::string& log_file, bool netlink,
                         const std::string& rules) const {
        daemon.write_config(tree.section() + aide_keys + "[audit]\nnetlink = " + (netlink ? "true" : "false") +
                            "\nlog = \"" + log_file + "\"\nconfig = \"" + (directory / "etc/auditd.conf") + "\"\n" +
                            rules);
    }
    static std::string rule(const std::string& name, const std::string& key) {
        return "[[audit.rule]]\nname = \"" + name + "\"\nkey = \"" + key + "\"\n";
    }
    void make_log() const {
        std::ofstream{log};
        fs::permissions(log, fs::perms(0600));
    }
    // As auditd rotates: the old ones count up, a new one takes the name.
    void rotate() const {
        for (int number = 8; number >= 1; --number) {
            const std::string older = log + "." + std::to_string(number);
            if (fs::exists(older)) fs::rename(older, log + "." + std::to_string(number + 1));
        }
        fs::rename(log, log + ".1");
        make_log();
    }
    void append(const std::string& text) const { std::ofstream(log, std::ios::app) << text; }

    // Somebody writes this file.
    void record_write(const std::string& path, const std::string& key = "identity") {
        const std::string stamp =
            " msg=audit(" + std::to_string(std::time(nullptr)) + ".500:" + std::to_string(++serial) + "): ";
        append("type=SYSCALL" + stamp +
               "arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=7f a2=241 a3=1b6 items=1 ppid=1 pid=4711 "
               "auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=3 comm=\"vi\" "
               "exe=\"/usr/bin/vi\" key=\"" +
               key + "\"\ntype=CWD" + stamp + "cwd=\"/\"\ntype=PATH" + stamp + "item=0 name=" + quoted(path) +
               " inode=42 dev=fe:01 mode=0100644 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL\ntype=PROCTITLE" + stamp +
               "proctitle=\"vi\"\n");
    }
};

// What stands in the log when the first run begins is history: from now on it is news. And it comes as an event, not
// with the snapshot.
inline void wait_for_first_look(Subscriber& subscriber) {
    const bool looked = subscriber.wait_until([&] {
        for (const auto& watcher : subscriber.client().watchers())
            if (watcher.name == "audit") return watcher.state != "starting" && subscriber.snapshots > 0;
        return false;
    });
    if (!looked) throw std::runtime_error("the audit watcher goes on starting");
}

}  // namespace integrityd::test
