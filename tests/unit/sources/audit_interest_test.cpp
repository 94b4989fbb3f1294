// Which events are worth a closer look, and which system calls may change a file.
#include "sources/audit_interest.hpp"

#include <catch2/catch.hpp>

#include "sources/audit_people.hpp"
#include "sources/audit_text.hpp"
#include "sources/audit_types.hpp"

using namespace integrityd;

namespace {

constexpr std::uint32_t x86_64 = 0xc000003e;

AuditRecord record_of(std::uint16_t number, std::string_view body) {
    AuditRecord record;
    record.number = number;
    record.type = audit_type_name(number);
    record.body = body;
    return record;
}

bool wants_syscall(const AuditInterests& interests, const std::string& body) {
    return AuditInterest(interests).wants(record_of(audit_type::syscall, body));
}

std::string body_of(const std::string& call, const std::string& flags = "0", const std::string& key = "(null)") {
    return "arch=c000003e syscall=" + std::to_string(AuditSyscalls::number(x86_64, call)) +
           " success=no exit=-13 a0=ffffff9c a1=" + flags + " a2=" + flags + " a3=0 items=1 comm=\"x\" key=" + key;
}

}  // namespace

TEST_CASE("types of interest are wanted, others are not") {
    AuditInterest interest({.types = {audit_type_number("USER_LOGIN"), audit_type::config_change}});
    CHECK(interest.wants(record_of(audit_type_number("USER_LOGIN"), "")));
    CHECK(interest.wants(record_of(audit_type::config_change, "")));
    CHECK_FALSE(interest.wants(record_of(audit_type::syscall, body_of("unlink"))));
    CHECK_FALSE(interest.wants(record_of(audit_type::unknown, "")));
    CHECK(AuditInterest({.unknown_types = true}).wants(record_of(audit_type::unknown, "")));
    CHECK(AuditInterest({.unknown_types = true}).wants(record_of(65535, "")));
}

TEST_CASE("an event is wanted for one of its records") {
    const AuditRecord records[] = {record_of(audit_type::syscall, body_of("read")), record_of(audit_type::cwd, "")};
    AuditEvent event;
    event.records = records;
    CHECK(AuditInterest({.types = {audit_type::cwd}}).wants(event));
    CHECK_FALSE(AuditInterest({.types = {audit_type::path}}).wants(event));
}

TEST_CASE("keys are found at the end of a record, alone or among several") {
    const AuditInterests interests{.keys = {"identity", "64bit"}};
    CHECK(wants_syscall(interests, body_of("read", "0", "\"identity\"")));
    CHECK(wants_syscall(interests, body_of("read", "0", "65786563013634626974")));
    CHECK_FALSE(wants_syscall(interests, body_of("read", "0", "\"identity2\"")));
    CHECK_FALSE(wants_syscall(interests, body_of("read", "0", "(null)")));
    CHECK(AuditInterest(interests).wants(
        record_of(audit_type::config_change, "op=remove_rule key=\"identity\" list=4 res=1")));
    CHECK(wants_syscall({.any_key = true}, body_of("read", "0", "\"x\"")));
    CHECK_FALSE(wants_syscall({.any_key = true}, body_of("read")));
}

TEST_CASE("system calls that may change a file are wanted, done or refused") {
    const AuditInterests interests{.write_syscalls = true};
    for (const char* const call :
         {"creat",     "rename",    "renameat",  "renameat2",   "unlink", "unlinkat", "link",    "linkat",
          "symlink",   "symlinkat", "mkdir",     "mkdirat",     "rmdir",  "mknod",    "mknodat", "truncate",
          "ftruncate", "chmod",     "fchmod",    "fchmodat",    "chown",  "fchown",   "lchown",  "fchownat",
          "setxattr",  "lsetxattr", "fsetxattr", "removexattr", "mount",  "umount2",  "openat2", "utimensat"}) {
        INFO(call);
        REQUIRE(AuditSyscalls::number(x86_64, call) >= 0);
        CHECK(wants_syscall(interests, body_of(call)));
    }
    for (const char* const call : {"read", "stat", "execve", "connect", "access", "readlink"}) {
        INFO(call);
        CHECK_FALSE(wants_syscall(interests, body_of(call)));
    }
}

TEST_CASE("calls that were refused are wanted whatever they are") {
    const AuditInterests interests{.refused_syscalls = true};
    const auto with_end = [](const std::string& end) {
        return "arch=c000003e syscall=0 " + end + " a0=3 a1=0 a2=0 a3=0";
    };
    CHECK(wants_syscall(interests, with_end("success=no exit=-13")));
    CHECK(wants_syscall(interests, with_end("success=no exit=-1")));
    CHECK_FALSE(wants_syscall(interests, with_end("success=no exit=-2")));
    CHECK_FALSE(wants_syscall(interests, with_end("success=no exit=-130")));
    CHECK_FALSE(wants_syscall(interests, with_end("success=yes exit=0")));
}

TEST_CASE("opening a file is wanted when it is opened for more than reading") {
    const AuditInterests interests{.write_syscalls = true};
    for (const char* const call : {"open", "openat"}) {
        CHECK_FALSE(wants_syscall(interests, body_of(call, "80000")));  // O_CLOEXEC
        CHECK(wants_syscall(interests, body_of(call, "1")));
        CHECK(wants_syscall(interests, body_of(call, "2")));
        CHECK(wants_syscall(interests, body_of(call, "40")));
        CHECK(wants_syscall(interests, body_of(call, "200")));
    }
}

TEST_CASE("system calls that cannot be read, and those of x32, are not overlooked", "[REQ-30]") {
    const AuditInterests interests{.write_syscalls = true};
    CHECK(wants_syscall(interests, "syscall=87"));
    CHECK(wants_syscall(interests, "arch=c000003e syscall=x"));
    CHECK(wants_syscall(interests, "arch=c000003e syscall=257 success=yes"));
    const int unlink_call = AuditSyscalls::number(x86_64, "unlink");
    CHECK(wants_syscall(interests, "arch=c000003e syscall=" + std::to_string(0x40000000 + unlink_call)));
    CHECK(wants_syscall(interests, "arch=c000003e per=8 syscall=" + std::to_string(unlink_call)));
    CHECK_FALSE(wants_syscall(interests, "arch=c000003e syscall=4000000000 success=yes"));
    CHECK_FALSE(wants_syscall(interests, "arch=1 syscall=87 success=yes"));
    CHECK(wants_syscall({.all_syscalls = true}, ""));
}

TEST_CASE("calls are named by the machine that made them") {
    CHECK(AuditSyscalls::name(x86_64, 257) == "openat");
    CHECK(AuditSyscalls::name(0x40000003, 5) == "open");
    CHECK(AuditSyscalls::name(0xc00000b7, 56) == "openat");
    CHECK(AuditSyscalls::name(x86_64, 100'000).empty());
    CHECK(AuditSyscalls::name(1, 5).empty());
    AuditSyscalls syscalls;
    CHECK(syscalls.write_like(0x40000003, 5) == AuditWrite::flags_in_a1);
    CHECK(syscalls.write_like(0xc00000b7, 56) == AuditWrite::flags_in_a2);
    CHECK(syscalls.write_like(x86_64, 87) == AuditWrite::yes);
    for (std::uint32_t arch = 0; arch < 100; ++arch)
        CHECK(syscalls.write_like(arch, 87) == AuditWrite::no);
}

TEST_CASE("people are told users, calls, addresses and titles by name") {
    AuditRecord records[] = {
        record_of(
            audit_type::syscall,
            "arch=c000003e syscall=42 success=no exit=-13 a0=3 a1=0 a2=10 a3=0 items=1 ppid=1 pid=2 auid=4294967295 "
            "uid=0 gid=0 comm=\"x\" exe=\"/bin/x\" key=\"net\""),
        record_of(audit_type::sockaddr, "saddr=020000357F0000010000000000000000"),
        record_of(audit_type::path, "item=0 name=\"/etc/passwd\" inode=7"),
        record_of(audit_type::path, "item=1 name=2F612062 inode=8"),
        record_of(audit_type::proctitle, "proctitle=76690061")};
    const std::string text = audit_event_text({.stamp = {1795313709029, 92}, .records = records});
    CHECK(text.starts_with("type=SYSCALL msg=audit(1795313709.029:92): arch=c000003e"));
    const auto words = audit_for_people(text);
    REQUIRE(words);
    CHECK(words->at("syscall") == "connect");
    CHECK(words->at("uid") == "root");
    CHECK(words->at("auid") == "unset");
    CHECK(words->at("name") == "/etc/passwd");
    CHECK(words->at("name.1") == "/a b");
    CHECK(words->at("proctitle") == "vi a");
    CHECK(words->at("saddr").find("127.0.0.1") != std::string::npos);
    CHECK(words->at("exit") == "EACCES(Permission denied)");
}

TEST_CASE("names that the log brought with it are told, not this machine's") {
    AuditRecord record = record_of(audit_type::syscall, "arch=c000003e syscall=42 uid=54321 key=(null)");
    record.enriched = "UID=\"operator\"";
    const auto words = audit_for_people(audit_event_text({.stamp = {1000, 1}, .records = std::span(&record, 1)}));
    REQUIRE(words);
    CHECK(words->at("uid") == "operator");
}

TEST_CASE("what is no event has nothing to tell people", "[REQ-30]") {
    CHECK(audit_for_people("")->empty());
    CHECK(audit_for_people("nonsense\n")->empty());
}
