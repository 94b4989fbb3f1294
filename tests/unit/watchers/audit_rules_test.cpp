#include "watchers/audit/audit_rules.hpp"

#include <catch2/catch.hpp>

#include "audit_text.hpp"
#include "catalogue_kinds.hpp"

using namespace integrityd;
using test::audit_line;
using test::audit_write;

namespace {

std::vector<AuditFinding> judge(const Config& config, const std::string& text) {
    const AuditRules rules(config);
    std::vector<AuditFinding> all;
    AuditActReader reader;
    test::for_each_audit_event(text, [&](const AuditEvent& event) {
        for (auto& finding : rules.judge(reader.read(event), event))
            all.push_back(std::move(finding));
    });
    return all;
}

Config with_rule(const AuditRule& rule) {
    Config config;
    config.audit.rules.push_back(rule);
    return config;
}

std::string kind_of(const std::vector<AuditFinding>& findings) {
    return findings.empty() ? "none" : std::string(findings.front().seen.kind->name);
}

std::string user_record(unsigned serial, std::string_view type, std::string_view message) {
    return audit_line(type, serial, "pid=99 uid=0 auid=1000 ses=3 msg='" + std::string(message) + "'");
}

}  // namespace

TEST_CASE("a rule by key tells who did what, and by whom it was done is for few to read") {
    const auto findings =
        judge(with_rule({.name = "identity files", .key = "identity"}), audit_write(1, "\"/etc/passwd\""));
    REQUIRE(findings.size() == 1);
    const Observation& seen = findings.front().seen;
    CHECK(seen.kind == &kinds::audit_rule_matched);
    CHECK(seen.subject == "identity files: /etc/passwd");
    CHECK(seen.summary == "openat");
    CHECK(seen.severity == Severity::medium);
    CHECK(seen.evidence.contains("actor_auid"));
    CHECK_FALSE(seen.evidence.contains("auid"));
    CHECK(seen.context.contains("actor"));
    CHECK(seen.context.contains("audit"));
}

TEST_CASE("the same act again is the same evidence, by another it is not") {
    const Config config = with_rule({.name = "identity files", .key = "identity"});
    const auto first = judge(config, audit_write(1, "\"/etc/passwd\""));
    const auto second = judge(config, audit_write(2, "\"/etc/passwd\""));
    CHECK(first.front().seen.evidence == second.front().seen.evidence);
    std::string other = audit_write(3, "\"/etc/passwd\"");
    other.replace(other.find("auid=1000"), 9, "auid=1001");
    CHECK_FALSE(judge(config, other).front().seen.evidence == first.front().seen.evidence);
}

TEST_CASE("each condition of a rule must hold") {
    const std::string event = audit_write(1, "\"/etc/passwd\"");
    CHECK(judge(with_rule({.name = "r", .exe = "/usr/bin/vi"}), event).size() == 1);
    CHECK(judge(with_rule({.name = "r", .exe = "/usr/bin/ed"}), event).empty());
    CHECK(judge(with_rule({.name = "r", .auid = 1000}), event).size() == 1);
    CHECK(judge(with_rule({.name = "r", .auid = 0}), event).empty());
    CHECK(judge(with_rule({.name = "r", .path = "/etc/"}), event).size() == 1);
    CHECK(judge(with_rule({.name = "r", .path = "/etc/shadow"}), event).empty());
    CHECK(judge(with_rule({.name = "r", .syscall = "openat"}), event).size() == 1);
    CHECK(judge(with_rule({.name = "r", .key = "identity", .success = false}), event).empty());
    CHECK(judge(with_rule({.name = "r", .type = "SYSCALL", .uid = 0}), event).size() == 1);
    CHECK(judge(with_rule({.name = "r", .type = "PATH"}), event).size() == 1);
    CHECK(judge(with_rule({.name = "r", .type = "AVC"}), event).empty());
}

TEST_CASE("a refused attempt on what protects the device is told, wherever it fails [REQ-44]") {
    const auto denied = [](const char* path, const char* outcome) {
        return kind_of(judge({}, audit_write(1, path, "(null)", outcome)));
    };
    CHECK(denied("\"/var/log/audit/audit.log\"", "success=no exit=-13") == "audit.attempt.denied");
    CHECK(denied("\"/var/lib/aide/aide.db\"", "success=no exit=-1") == "audit.attempt.denied");
    CHECK(denied("\"/etc/integrityd/integrityd.toml\"", "success=no exit=-13") == "audit.attempt.denied");
    CHECK(denied("\"/etc/ssl/certs/ca.pem\"", "success=no exit=-13") == "audit.attempt.denied");
    CHECK(denied("\"/var/lib/integrityd\"", "success=no exit=-13") == "audit.attempt.denied");
    CHECK(denied("\"/home/x/file\"", "success=no exit=-13") == "none");
    CHECK(denied("\"/var/log/audit/audit.log\"", "success=no exit=-2") == "none");
    CHECK(denied("\"/var/log/audit/audit.log\"", "success=yes exit=3") == "none");
}

TEST_CASE("a file in a directory that is everybody's is protected alone, the others there are not [REQ-44]") {
    Config config;
    config.aide.config = "/etc/aide.conf";
    config.aide.report_log = "/var/log/aide.log";
    config.audit.config = "/etc/auditd.conf";
    const auto denied = [&config](const char* path) {
        return kind_of(judge(config, audit_write(1, path, "(null)", "success=no exit=-13")));
    };
    CHECK(denied("\"/etc/aide.conf\"") == "audit.attempt.denied");
    CHECK(denied("\"/etc/auditd.conf\"") == "audit.attempt.denied");
    CHECK(denied("\"/var/log/aide.log\"") == "audit.attempt.denied");
    CHECK(denied("\"/var/log/syslog\"") == "none");
    CHECK(denied("\"/etc/motd\"") == "none");
}

TEST_CASE("accounts that change are told of every device") {
    const auto findings = judge({}, user_record(1, "ADD_USER",
                                                "op=adding user id=1002 exe=\"/usr/sbin/useradd\" "
                                                "hostname=? addr=? terminal=pts/0 res=success"));
    REQUIRE(findings.size() == 1);
    CHECK(findings.front().seen.kind == &kinds::audit_rule_matched);
    CHECK(findings.front().rule == "accounts");
}

TEST_CASE("what an ordinary day brings is not told") {
    for (const char* const type : {"USER_START", "USER_END", "CRED_ACQ", "CRED_DISP", "USER_ACCT", "SERVICE_START",
                                   "SERVICE_STOP", "SYSTEM_BOOT", "USER_CMD", "USER_LOGIN", "USER_AUTH"}) {
        CAPTURE(type);
        CHECK(judge({}, user_record(1, type, "op=x acct=\"root\" exe=\"/usr/sbin/cron\" res=success")).empty());
    }
    for (const char* const type : {"DAEMON_ROTATE", "DAEMON_START", "DAEMON_END", "DAEMON_CONFIG"}) {
        CAPTURE(type);
        CHECK(judge({}, audit_line(type, 1, "op=x auid=4294967295 pid=1 uid=0 ses=1 res=success")).empty());
    }
}

TEST_CASE("whoever logged in and changes audit is told, a service at boot is not") {
    const std::string change = " ses=2 op=remove_rule key=\"identity\" list=4 res=1";
    const auto told = judge({}, audit_line("CONFIG_CHANGE", 1, "auid=1000" + change));
    CHECK(kind_of(told) == "audit.rule.matched");
    CHECK(told.front().seen.subject == "audit configuration: remove_rule");
    CHECK(judge({}, audit_line("CONFIG_CHANGE", 2, "auid=4294967295" + change)).empty());
}

TEST_CASE("auditing that is switched off is told whoever does it, a service as well [REQ-42]") {
    const auto set = [](const std::string& what, const std::string& auid = "4294967295", const char* result = "1") {
        return judge({}, audit_line("CONFIG_CHANGE", 1, "op=set " + what + " auid=" + auid + " ses=1 res=" + result));
    };
    for (const char* const auid : {"4294967295", "1000"}) {
        const auto off = set("audit_enabled=0 old=1", auid);
        REQUIRE(off.size() == 1);
        CHECK(kind_of(off) == "audit.rule.matched");
        CHECK(off.front().seen.severity == Severity::critical);
        CHECK(off.front().seen.subject == "audit configuration: audit_enabled=0");
    }
    const auto refused = set("audit_enabled=0 old=2", "4294967295", "0");
    REQUIRE(refused.size() == 1);
    CHECK(refused.front().seen.severity == Severity::medium);
    // What auditd and augenrules do on an ordinary day; off was off before.
    for (const char* const ordinary :
         {"audit_enabled=1 old=1", "audit_enabled=1 old=0", "audit_enabled=0 old=0", "audit_pid=4755 old=0",
          "audit_pid=0 old=4755", "audit_backlog_limit=8192 old=64", "audit_failure=1 old=1",
          "audit_backlog_wait_time=60000 old=60000"}) {
        CAPTURE(ordinary);
        CHECK(set(ordinary).empty());
    }
}

TEST_CASE("who listens to the kernel's feed is told, but for our own broker and the journal") {
    const auto joined = [](const std::string& exe, const char* operation = "connect") {
        return kind_of(judge({}, audit_line("EVENT_LISTENER", 1,
                                            "pid=5 uid=0 auid=1000 tty=pts0 ses=2 comm=\"x\" exe=\"" + exe +
                                                "\" nl-mcgrp=1 op=" + operation + " res=1")));
    };
    CHECK(joined("/tmp/sniffer") == "audit.rule.matched");
    CHECK(joined("/tmp/sniffer", "disconnect") == "none");
    CHECK(joined("/usr/libexec/integrityd/integrityd-broker") == "none");
    CHECK(joined("/usr/lib/systemd/systemd-journald") == "none");
    CHECK(joined("/tmp/integrityd-broker") == "audit.rule.matched");
}

TEST_CASE("AIDE's own record is nobody's news, other anomalies are") {
    const auto record = [](const char* type, const char* exe) {
        return user_record(1, type, "added=1 removed=0 changed=2 exe=\"" + std::string(exe) + "\" res=failed");
    };
    CHECK(judge({}, record("ANOM_RBAC_INTEGRITY_FAIL", "/usr/bin/aide")).empty());
    CHECK(kind_of(judge({}, record("ANOM_RBAC_INTEGRITY_FAIL", "/tmp/other"))) == "audit.anomaly");
    CHECK(
        kind_of(judge({}, audit_line("ANOM_ABEND", 1, "auid=1000 uid=0 pid=5 comm=\"x\" exe=\"/usr/bin/x\" sig=11"))) ==
        "audit.anomaly");
}

TEST_CASE("integrity records count when they tell a failure") {
    const std::string body =
        "pid=5 uid=0 auid=1000 ses=3 op=appraise_data cause=invalid-hash comm=\"x\" name=\"/usr/bin/y\" "
        "dev=\"vda\" ino=7 res=";
    CHECK(kind_of(judge({}, audit_line("INTEGRITY_DATA", 1, body + "0"))) == "audit.integrity");
    CHECK(judge({}, audit_line("INTEGRITY_DATA", 1, body + "1")).empty());
}

TEST_CASE(
    "what access control denies is told as such, and a profile that is removed is a condition until it is loaded") {
    const auto denied = judge({}, audit_line("AVC", 1,
                                             "apparmor=\"DENIED\" operation=\"open\" profile=\"/usr/bin/man\" "
                                             "name=\"/etc/shadow\" pid=9 comm=\"man\" requested_mask=\"r\""));
    CHECK(kind_of(denied) == "audit.denied");
    const auto removed = judge({}, audit_line("AVC", 2,
                                              "apparmor=\"STATUS\" operation=\"profile_remove\" profile=\"unconfined\" "
                                              "name=\"integrityd\" pid=9 comm=\"apparmor_parser\""));
    CHECK(kind_of(removed) == "audit.mac.disabled");
    CHECK(removed.front().seen.subject == "integrityd");
    CHECK_FALSE(removed.front().over);
    const auto loaded = judge({}, audit_line("AVC", 3,
                                             "apparmor=\"STATUS\" operation=\"profile_load\" profile=\"unconfined\" "
                                             "name=\"integrityd\" pid=9 comm=\"apparmor_parser\""));
    REQUIRE(loaded.size() == 1);
    CHECK(loaded.front().over);
}
