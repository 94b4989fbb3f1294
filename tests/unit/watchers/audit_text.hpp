// Audit records as text, and what is made of them, for the tests of the audit watcher's parts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sources/audit_assembler.hpp"
#include "watchers/audit/audit_act.hpp"

namespace integrityd::test {

// Puts the lines together as events; `see(event)` for each.
template <typename See>
void for_each_audit_event(std::string_view text, See see) {
    AuditAssembler assembler([&see](const AuditEvent& event) { see(event); });
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (const auto record = scan_audit_record(line)) assembler.add(*record, Monotonic(0));
    }
    assembler.finish();
}

inline std::vector<AuditAct> audit_acts(const std::string& text) {
    std::vector<AuditAct> all;
    AuditActReader reader;
    for_each_audit_event(text, [&](const AuditEvent& event) { all.push_back(reader.read(event)); });
    return all;
}

// "audit(1800000000.000:SERIAL): " behind the type.
inline std::string audit_line(std::string_view type, unsigned serial, std::string_view body) {
    return "type=" + std::string(type) + " msg=audit(1800000000." + std::to_string(100 + serial % 900) + ":" +
           std::to_string(serial) + "): " + std::string(body) + "\n";
}

// Events of programs, that nobody is told of, with these serials.
inline std::string quiet_audit_events(unsigned first, unsigned last) {
    std::string text;
    for (unsigned serial = first; serial <= last; ++serial)
        text += audit_line("SERVICE_START", serial, "pid=1 uid=0 msg='unit=cron res=success'");
    return text;
}

// Somebody (auid 1000, root by sudo) opens a file for writing, as the kernel of x86_64 records it.
inline std::string audit_write(unsigned serial, std::string_view path, std::string_view key = "\"identity\"",
                               std::string_view outcome = "success=yes exit=3", std::string_view nametype = "NORMAL") {
    return audit_line("SYSCALL", serial,
                      "arch=c000003e syscall=257 " + std::string(outcome) +
                          " a0=ffffff9c a1=7ffd a2=241 a3=1b6 items=1 ppid=1 pid=4711 auid=1000 uid=0 gid=0 euid=0 "
                          "suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=3 comm=\"vi\" exe=\"/usr/bin/vi\" key=" +
                          std::string(key)) +
           audit_line("CWD", serial, "cwd=\"/root\"") +
           audit_line(
               "PATH", serial,
               "item=0 name=" + std::string(path) +
                   " inode=42 dev=fe:01 mode=0100644 ouid=0 ogid=0 rdev=00:00 nametype=" + std::string(nametype)) +
           audit_line("PROCTITLE", serial, "proctitle=\"vi\"");
}

}  // namespace integrityd::test
