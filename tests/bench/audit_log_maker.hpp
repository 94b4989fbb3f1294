// Makes an audit log of any size out of a few events of its own, with time and serial rising: what a busy server
// writes, about 4.5 records an event and 280 bytes a record.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>

namespace integrityd::bench {

struct MadeLog {
    std::uint64_t bytes = 0;
    std::uint64_t records = 0;
    std::uint64_t events = 0;
};

class AuditLogMaker {
public:
    // ENRICHED lines bring names with them, RAW ones do not.
    AuditLogMaker(std::FILE* out, bool enriched) : out_(out), enriched_(enriched) {}

    MadeLog make(std::uint64_t bytes) {
        while (made_.bytes < bytes)
            next_event();
        return made_;
    }

private:
    // Of 20 events: programs run, files opened for reading, files changed, connections, and what programs report.
    void next_event() {
        ++serial_;
        milliseconds_ += serial_ % 41;  // 50 events a second
        ++made_.events;
        const bool rare = serial_ % 200 < 20;  // what a rule is for
        switch (serial_ % 20) {
            case 0:
            case 4:
            case 8:
            case 12:
            case 16:
                return program();
            case 2:
            case 10:
                return file("unlinkat", 263, "7f3a2c10", "0", 2, "\"delete\"");
            case 6:
                return file("openat", 257, "7ffd1000", "241", 2, rare ? "\"identity\"" : "\"files\"");
            case 14:
                return file("fchmodat", 268, "55d0c0", "1a4", 1, "\"perm_mod\"");
            case 18:
                return file("renameat2", 316, "55d0c0", "ffffff9c", 4, "\"files\"");
            case 1:
            case 11:
                return connection();
            case 5:
                return report("USER_LOGIN", "op=login acct=\"operator\" exe=\"/usr/sbin/sshd\"",
                              rare ? "failed" : "success");
            case 15:
                return report("SERVICE_START", "unit=cron comm=\"systemd\" exe=\"/usr/lib/systemd/systemd\"",
                              "success");
            default:
                return file("openat", 257, "7ffd1000", "80000", 1, "\"access\"");
        }
    }

    void program() {
        call("execve", 59, "56508d895e50", "56508d895e90", 2, "\"execs\"");
        record("EXECVE",
               "argc=4 a0=\"grep\" a1=\"-r\" a2=\"--include=*.conf\" a3=2F6574632F736F6D65207769746820737061636573");
        record("CWD", "cwd=\"/srv/application/releases/current\"");
        path(0, "/usr/bin/grep", "NORMAL");
        path(1, "/lib64/ld-linux-x86-64.so.2", "NORMAL");
        record("PROCTITLE", "proctitle=67726570002D72002D2D696E636C7564653D2A2E636F6E66002F6574632F736F6D65");
    }

    void file(const char* name, int number, const char* a1, const char* a2, int paths, const char* key) {
        call(name, number, a1, a2, paths, key);
        record("CWD", "cwd=\"/srv/application/releases/current\"");
        if (paths > 1) path(0, "/etc/application/conf.d/", "PARENT");
        for (int item = paths > 1 ? 1 : 0; item < paths; ++item)
            path(item, "/etc/application/conf.d/local-" + std::to_string(serial_ % 1000),
                 paths > 1 ? "DELETE" : "NORMAL");
        record("PROCTITLE",
               "proctitle=2F7573722F7362696E2F6170706C69636174696F6E002D2D636F6E666967002F6574632F6170706C");
    }

    void connection() {
        call("connect", 42, "7ffe5a1f2c30", "10", 0, "\"network\"");
        record("SOCKADDR", "saddr=020001BB0A0000070000000000000000",
               "SADDR={ saddr_fam=inet laddr=10.0.0.7 lport=443 }");
        record("PROCTITLE", "proctitle=2F7573722F7362696E2F6170706C69636174696F6E");
    }

    void report(const char* type, const std::string& message, const char* result) {
        record(type,
               "pid=812 uid=0 auid=4294967295 ses=4294967295 subj=unconfined msg='" + message +
                   " hostname=10.0.0.9 addr=10.0.0.9 terminal=ssh res=" + result + "'",
               "UID=\"root\" AUID=\"unset\"");
    }

    void call(const std::string& name, int number, const char* a1, const char* a2, int items, const char* key) {
        const std::string pid = std::to_string(1000 + serial_ % 30000);
        record(
            "SYSCALL",
            "arch=c000003e syscall=" + std::to_string(number) + " success=yes exit=0 a0=ffffff9c a1=" + a1 +
                " a2=" + a2 + " a3=1b6 items=" + std::to_string(items) + " ppid=931 pid=" + pid +
                " auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=3 comm=\"application\""
                " exe=\"/usr/sbin/application\" subj=unconfined key=" +
                key,
            "ARCH=x86_64 SYSCALL=" + name +
                " AUID=\"operator\" UID=\"root\" GID=\"root\" EUID=\"root\" SUID=\"root\" FSUID=\"root\" EGID=\"root\""
                " SGID=\"root\" FSGID=\"root\"");
    }

    void path(int item, const std::string& name, const char* kind) {
        record("PATH",
               "item=" + std::to_string(item) + " name=\"" + name +
                   "\" inode=" + std::to_string(11'000'000 + serial_ % 9999) +
                   " dev=fe:00 mode=0100644 ouid=0 ogid=0 rdev=00:00 nametype=" + kind +
                   " cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0",
               "OUID=\"root\" OGID=\"root\"");
    }

    void record(const char* type, const std::string& body, const std::string& names = "") {
        std::array<char, 64> stamp{};
        std::snprintf(stamp.data(), stamp.size(),
                      " msg=audit(%llu.%03u:%u): ", static_cast<unsigned long long>(milliseconds_ / 1000),
                      static_cast<unsigned>(milliseconds_ % 1000), serial_);
        std::string line = std::string("type=") + type + stamp.data() + body;
        if (enriched_ && !names.empty()) line += "\x1d" + names;
        line += '\n';
        if (std::fwrite(line.data(), 1, line.size(), out_) != line.size()) std::perror("the log");
        made_.bytes += line.size();
        ++made_.records;
    }

    std::FILE* out_;
    bool enriched_;
    std::uint64_t milliseconds_ = 1'700'000'000'000;
    std::uint32_t serial_ = 0;
    MadeLog made_;
};

}  // namespace integrityd::bench
