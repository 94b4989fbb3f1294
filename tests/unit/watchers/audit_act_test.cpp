#include "watchers/audit/audit_act.hpp"

#include <catch2/catch.hpp>

#include "audit_text.hpp"
#include "watchers/audit/audit_trace.hpp"

using namespace integrityd;
using test::audit_acts;
using test::audit_line;
using test::audit_write;

TEST_CASE("of an event it is known who did what to which file") {
    const auto acts = audit_acts(audit_write(7, "\"/etc/passwd\""));
    REQUIRE(acts.size() == 1);
    const AuditAct& one = acts.front();
    CHECK(one.type_name == "SYSCALL");
    CHECK(one.keys == std::vector<std::string>{"identity"});
    CHECK(one.syscall == "openat");
    CHECK(one.write_like);
    CHECK(one.auid == 1000U);
    CHECK(one.uid == 0U);
    CHECK(one.tty == "pts0");
    CHECK(one.exe == "/usr/bin/vi");
    CHECK(one.result == AuditResult::success);
    REQUIRE(one.object() != nullptr);
    CHECK(one.object()->path == "/etc/passwd");
    CHECK(one.object()->identity == FileIdentity{0xfe, 1, 42});
    const ValueMap actor = one.actor();
    CHECK(*actor.at("exe").get<std::string>() == "/usr/bin/vi");
    CHECK(actor.contains("serial"));
}

TEST_CASE("a relative name stands below the working directory, and below a descriptor nobody knows where") {
    CHECK(audit_acts(audit_write(1, "\"passwd\"")).front().object()->path == "/root/passwd");
    CHECK(audit_acts(audit_write(1, "\"../etc//passwd\"")).front().object()->path == "/etc/passwd");
    std::string below = audit_write(1, "\"passwd\"");
    below.replace(below.find("a0=ffffff9c"), 11, "a0=5");
    CHECK(audit_acts(below).front().object() == nullptr);
    CHECK(audit_acts(below).front().paths.front().identity->inode == 42);
}

TEST_CASE("what the kernel names as the parent below a descriptor is the working directory, and no object") {
    const std::string call =
        "arch=c000003e syscall=263 success=yes exit=0 a0=4 a1=55 a2=0 a3=1 items=2 ppid=1 pid=9 "
        "auid=1000 uid=0 tty=pts0 ses=3 comm=\"rm\" exe=\"/usr/bin/rm\" key=\"burst\"";
    const std::string directory = " inode=7 dev=fe:01 mode=040755 ouid=0 ogid=0 rdev=00:00 nametype=PARENT";
    const auto act =
        test::audit_acts(test::audit_line("SYSCALL", 1, call) + test::audit_line("CWD", 1, "cwd=\"/root\"") +
                         test::audit_line("PATH", 1, "item=0 name=\"/root\"" + directory) +
                         test::audit_line("PATH", 1, "item=1 name=\"file\" inode=8 dev=fe:01 nametype=DELETE"))
            .at(0);
    CHECK(act.object() == nullptr);
    CHECK(act.paths.size() == 2);
}

TEST_CASE("a name in hex is decoded, and one that looks like hex in quotes is not") {
    CHECK(audit_acts(audit_write(1, "2F6120620A63")).front().object()->path == "/a b\nc");
    CHECK(audit_acts(audit_write(1, "\"/7370\"")).front().object()->path == "/7370");
}

TEST_CASE("opening for reading changes nothing, nor does what was refused") {
    std::string reading = audit_write(1, "\"/etc/passwd\"");
    reading.replace(reading.find("a2=241"), 6, "a2=0");
    CHECK_FALSE(audit_acts(reading).front().write_like);
    CHECK(traces_of(audit_acts(reading).front()).empty());
    const auto refused = audit_acts(audit_write(1, "\"/etc/passwd\"", "\"identity\"", "success=no exit=-13"));
    CHECK(refused.front().exit_code == -13);
    CHECK(traces_of(refused.front()).empty());
}

TEST_CASE("what came and what went are traces of their own, the directory around is none") {
    const std::string renamed =
        audit_line("SYSCALL", 5,
                   "arch=c000003e syscall=82 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=4 pid=9 auid=1000 uid=0 "
                   "tty=pts0 ses=3 comm=\"sed\" exe=\"/usr/bin/sed\" key=(null)") +
        audit_line("CWD", 5, "cwd=\"/etc\"") +
        audit_line("PATH", 5, "item=0 name=\"/etc/\" inode=1 dev=fe:01 nametype=PARENT") +
        audit_line("PATH", 5, "item=1 name=\"sedX\" inode=50 dev=fe:01 nametype=DELETE") +
        audit_line("PATH", 5, "item=2 name=\"passwd\" inode=49 dev=fe:01 nametype=DELETE") +
        audit_line("PATH", 5, "item=3 name=\"passwd\" inode=50 dev=fe:01 nametype=CREATE");
    const auto acts = audit_acts(renamed);
    REQUIRE(acts.size() == 1);
    CHECK(acts.front().object()->path == "/etc/passwd");
    const auto traces = traces_of(acts.front());
    REQUIRE(traces.size() == 3);
    CHECK(traces[0].path == "/etc/sedX");
    CHECK(traces[0].gone);
    CHECK(traces[2].path == "/etc/passwd");
    CHECK_FALSE(traces[2].gone);
    CHECK(traces[2].identity->inode == 50);
}

TEST_CASE("an event is about its first record, and its actor stands in the one behind") {
    const auto acts = audit_acts(
        audit_line("CONFIG_CHANGE", 9, "auid=1000 ses=2 op=remove_rule key=\"identity\" list=4 res=1") +
        audit_line("SYSCALL", 9,
                   "arch=c000003e syscall=44 success=yes exit=60 a0=3 a1=0 a2=3c a3=0 items=0 pid=77 auid=1000 uid=0 "
                   "tty=pts1 ses=2 comm=\"auditctl\" exe=\"/usr/sbin/auditctl\" key=(null)"));
    REQUIRE(acts.size() == 1);
    CHECK(acts.front().type_name == "CONFIG_CHANGE");
    CHECK(acts.front().types == std::vector<std::string>{"CONFIG_CHANGE", "SYSCALL"});
    CHECK(acts.front().exe == "/usr/sbin/auditctl");
    CHECK(acts.front().pid == 77U);
}

TEST_CASE("who did not log in has no auid") {
    std::string service = audit_write(1, "\"/etc/passwd\"");
    service.replace(service.find("auid=1000"), 9, "auid=4294967295");
    CHECK_FALSE(audit_acts(service).front().auid);
    CHECK_FALSE(audit_acts(service).front().actor().contains("auid"));
}
