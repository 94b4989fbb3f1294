// Lines of the log and messages of the feed, cut into their parts.
#include "sources/audit_record.hpp"

#include <catch2/catch.hpp>

#include "sources/audit_types.hpp"

using namespace integrityd;

namespace {

bool is_record(std::string_view line) {
    return scan_audit_record(line).has_value();
}

}  // namespace

TEST_CASE("a line is cut into node, type, stamp, body and what was added for people") {
    const auto record = scan_audit_record(
        "node=device-7 type=SYSCALL msg=audit(1795313709.829:92): arch=c000003e syscall=257 key=\"a\"\x1d"
        "ARCH=x86_64 SYSCALL=openat");
    REQUIRE(record);
    CHECK(record->node == "device-7");
    CHECK(record->type == "SYSCALL");
    CHECK(record->number == audit_type::syscall);
    CHECK(record->stamp == AuditStamp{1795313709829, 92});
    CHECK(record->body == "arch=c000003e syscall=257 key=\"a\"");
    CHECK(record->enriched == "ARCH=x86_64 SYSCALL=openat");
}

TEST_CASE("a raw line has no node and nothing added") {
    const auto record = scan_audit_record("type=CWD msg=audit(1492037291.036:4294967295):  cwd=\"/\"");
    REQUIRE(record);
    CHECK(record->node.empty());
    CHECK(record->enriched.empty());
    CHECK(record->body == "cwd=\"/\"");
    CHECK(record->stamp.serial == 4294967295);
}

TEST_CASE("a record may have no body, and old ones have no colon behind the stamp") {
    CHECK(scan_audit_record("type=EOE msg=audit(1615225617.302:25836):")->body.empty());
    CHECK(scan_audit_record("type=DAEMON_CONFIG msg=audit(1.002:34) config changed, auid=0")->body ==
          "config changed, auid=0");
}

TEST_CASE("what does not have the form of a record is none", "[REQ-30]") {
    CHECK_FALSE(is_record(""));
    CHECK_FALSE(is_record("type="));
    CHECK_FALSE(is_record("type= msg=audit(1.002:3): "));
    CHECK_FALSE(is_record("type=CWD"));
    CHECK_FALSE(is_record("type=CWD msg="));
    CHECK_FALSE(is_record("type=UNKNOWN[1329] msg=?"));
    CHECK_FALSE(is_record("type=CWD msg=audit("));
    CHECK_FALSE(is_record("type=CWD msg=audit(1.2:): a=b"));
    CHECK_FALSE(is_record("type=CWD msg=audit(.2:3): a=b"));
    CHECK_FALSE(is_record("type=CWD msg=audit(-1.2:3): a=b"));
    CHECK_FALSE(is_record("type=CWD msg=audit(1.2:3"));
    CHECK_FALSE(is_record("audit(1.002:3): a=b"));
    CHECK_FALSE(is_record("node= type=CWD msg=audit(1.002:3): a=b"));
    CHECK_FALSE(is_record("node=" + std::string(300, 'n') + " type=CWD msg=audit(1.002:3): a=b"));
    CHECK_FALSE(is_record("type=" + std::string(100, 'T') + " msg=audit(1.002:3): a=b"));
}

TEST_CASE("numbers that do not fit make no record", "[REQ-30]") {
    CHECK_FALSE(is_record("type=CWD msg=audit(1.002:4294967296): a=b"));
    CHECK_FALSE(is_record("type=CWD msg=audit(1.1000:3): a=b"));
    CHECK_FALSE(is_record("type=CWD msg=audit(99999999999999999999.002:3): a=b"));
    CHECK(is_record("type=CWD msg=audit(999999999999.999:4294967295): a=b"));
}

TEST_CASE("bytes of any kind in the body are left as they are", "[REQ-30]") {
    const std::string body = std::string("a=\xff\xfe\0\r b=", 9) + std::string(400'000, 'x');
    const std::string line = "type=PATH msg=audit(1.002:3): " + body;
    const auto record = scan_audit_record(line);
    REQUIRE(record);
    CHECK(record->body.size() == body.size());
    CHECK(record->body.data()[4] == '\0');
}

TEST_CASE("only the first mark ends the body: bytes of a user's choice can follow it") {
    const auto record = scan_audit_record(
        "type=SOCKADDR msg=audit(1.002:3): saddr=0100\x1dSADDR={ saddr_fam=local path=/a\x1d"
        "b }");
    REQUIRE(record);
    CHECK(record->body == "saddr=0100");
    CHECK(record->enriched ==
          "SADDR={ saddr_fam=local path=/a\x1d"
          "b }");
}

TEST_CASE("a scanner of many lines reads each as if it were alone", "[REQ-30]") {
    AuditRecordScanner scanner;
    for (const std::string_view line :
         {"type=SYSCALL msg=audit(1.002:3): a=b", "type=PATH msg=audit(1.002:3): c=d", "type=EOE msg=audit(1.002:3):",
          "type=EOE msg=audit(1.002:3)", "type=PATH msg=audit(1.002:34): c=d", "type=PATH msg=audit(1.002:3",
          "type=PATH msg=audit(1.003:3) c=d", "type=PATH msg=audit(1.003:3): c=d", "type=PATH msg=x", "",
          "node=n type=PATH msg=audit(1.003:3): c=d", "type=PATH msg=audit(999999999999.999:4294967295): e=f",
          "type=PATH msg=audit(999999999999.999:4294967295): g=h",
          "type=PATH msg=audit(000000000000000000000000000000000000001.1:1): g=h"}) {
        INFO(line);
        const auto alone = scan_audit_record(line);
        const auto one_of_many = scanner.scan(line);
        REQUIRE(alone.has_value() == one_of_many.has_value());
        if (!alone) continue;
        CHECK(alone->number == one_of_many->number);
        CHECK(alone->node == one_of_many->node);
        CHECK(alone->stamp == one_of_many->stamp);
        CHECK(alone->body == one_of_many->body);
    }
}

TEST_CASE("a message of the kernel's feed gets its type by number") {
    const auto record = scan_audit_message(1302, "audit(1795313653.185:4): item=0 name=\"/x\"");
    REQUIRE(record);
    CHECK(record->number == audit_type::path);
    CHECK(record->type == "PATH");
    CHECK(record->stamp == AuditStamp{1795313653185, 4});
    CHECK(record->body == "item=0 name=\"/x\"");
    CHECK(scan_audit_message(1320, std::string_view("audit(1.002:4): \0\n", 18))->body.empty());
    CHECK_FALSE(scan_audit_message(1320, "type=EOE msg=audit(1.002:4): "));
    CHECK_FALSE(scan_audit_message(1320, ""));
}

TEST_CASE("every type that libaudit names is known by name and by number") {
    std::size_t named = 0;
    for (std::uint16_t number = 1000; number < 3000; ++number) {
        const std::string_view name = audit_type_name(number);
        if (name == "UNKNOWN") continue;
        INFO(name);
        CHECK(audit_type_number(name) == number);
        ++named;
    }
    CHECK(named > 150);
}

TEST_CASE("a type that is newer than libaudit is known by its number in brackets") {
    CHECK(audit_type_number("UNKNOWN[1334]") == 1334);
    CHECK(audit_type_number("UNKNOWN[99999]") == audit_type::unknown);
    CHECK(audit_type_number("UNKNOWN[]") == audit_type::unknown);
    CHECK(audit_type_number("UNKNOWN[1334") == audit_type::unknown);
    CHECK(audit_type_number("AUDIT_INTEGRITY_PCR") == audit_type::unknown);
    CHECK(audit_type_number("") == audit_type::unknown);
    CHECK(audit_type_number("syscall") == audit_type::unknown);
}

TEST_CASE("auditd's own records, those of programs, and those that are alone are told apart") {
    CHECK(is_daemon_type(audit_type_number("DAEMON_ROTATE")));
    CHECK_FALSE(is_daemon_type(audit_type::syscall));
    CHECK(is_user_type(audit_type_number("USER_LOGIN")));
    CHECK(is_user_type(audit_type_number("ANOM_RBAC_INTEGRITY_FAIL")));
    CHECK(is_single_record_type(audit_type_number("USER_AUTH")));
    CHECK(is_single_record_type(audit_type_number("DAEMON_START")));
    // A task did it, so the kernel adds the task's SYSCALL record.
    CHECK_FALSE(is_single_record_type(audit_type::config_change));
    CHECK_FALSE(is_single_record_type(audit_type_number("ANOM_ABEND")));
    CHECK(ends_audit_event(audit_type::end_of_event));
    CHECK(ends_audit_event(audit_type::proctitle));
    CHECK_FALSE(ends_audit_event(audit_type::syscall));
}
