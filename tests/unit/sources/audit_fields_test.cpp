// Fields of a record, and what their values mean.
#include "sources/audit_fields.hpp"

#include <catch2/catch.hpp>

#include "sources/audit_names.hpp"
#include "sources/audit_types.hpp"
#include "sources/audit_values.hpp"

using namespace integrityd;

namespace {

AuditRecord record_of(std::uint16_t number, std::string_view body) {
    AuditRecord record;
    record.number = number;
    record.body = body;
    return record;
}

// `name=value` of each field, parted by '|'.
std::string fields_of(std::string_view body) {
    std::string text;
    for_each_field(record_of(audit_type::syscall, body), [&](const AuditField& field) {
        if (!text.empty()) text.push_back('|');
        text.append(field.name).append(field.nested ? ":" : "=").append(field.value);
        return true;
    });
    return text;
}

std::string text_of(std::uint16_t type, std::string_view body, std::string_view name) {
    return find_text(record_of(type, body), name).value_or("none");
}

}  // namespace

TEST_CASE("fields are told in order, without their quotes") {
    CHECK(fields_of("a=1 comm=\"x\"  key=(null)") == "a=1|comm=x|key=(null)");
    CHECK(fields_of("").empty());
    CHECK(fields_of("   ").empty());
    CHECK(fields_of("=").empty());
    CHECK(fields_of("= =x").empty());
    CHECK(fields_of("a=") == "a=");
    CHECK(fields_of("subj= res=success") == "subj=|res=success");
}

TEST_CASE("words without a value are passed over") {
    CHECK(fields_of("policy loaded auid=42") == "auid=42");
    CHECK(fields_of("auditd start, ver=2.4.1 res=success") == "ver=2.4.1|res=success");
    CHECK(fields_of("netlabel: auid=0 old=0") == "auid=0|old=0");
}

TEST_CASE("an access vector's verdict and permissions are fields") {
    CHECK(fields_of("avc:  denied  { read write } for  pid=13 comm=\"x\"") ==
          "seresult=denied|seperms=read write|pid=13|comm=x");
    CHECK(fields_of("avc:  granted  { setsecparam } for  pid=1") == "seresult=granted|seperms=setsecparam|pid=1");
    CHECK(fields_of("denied { x } pid=1") == "pid=1");
    CHECK(fields_of("avc:  denied  { read") == "seresult=denied|seperms=read");
}

TEST_CASE("AppArmor's records are fields, sentences in quotes included") {
    CHECK(fields_of("apparmor=\"STATUS\" info=\"same as current profile, skipping\" pid=3") ==
          "apparmor=STATUS|info=same as current profile, skipping|pid=3");
}

TEST_CASE("what a program says in msg='…' comes behind what the kernel says, and is marked") {
    CHECK(fields_of("pid=1 uid=0 msg='op=login acct=\"root\" res=failed'") ==
          "pid=1|uid=0|op:login|acct:root|res:failed");
    CHECK(fields_of("pid=1 msg='acct=\"system('xsl:vendor')/>\" res=failed'") ==
          "pid=1|acct:system('xsl:vendor')/>|res:failed");
    CHECK(
        fields_of("pid=1 msg='PAM: session acct=root : exe=\"/x\" (hostname=?, addr=?, terminal=cron res=success)'") ==
        "pid=1|acct:root|exe:/x|hostname:?|addr:?|terminal:cron|res:success");
    CHECK(fields_of("pid=1 msg='") == "pid=1");
}

TEST_CASE("a program cannot put its own user in front of the kernel's", "[REQ-30]") {
    const auto record = record_of(1112, "pid=7 uid=1000 auid=1000 ses=2 msg='auid=0 uid=0 exe=\"/x\"'");
    CHECK(find_field(record, "auid")->value == "1000");
    CHECK_FALSE(find_field(record, "auid")->nested);
    CHECK(find_field(record, "exe")->nested);
}

TEST_CASE("records that kernels have written wrongly give the fields behind the fault") {
    CHECK(fields_of("ses=1 subj=/{,usr/}sbin/dhclient key=(null)") == "ses=1|subj=/{,usr/}sbin/dhclient|key=(null)");
    CHECK(fields_of("exe=\"/x\" subj==/usr/sbin/ntpd (enforce) key=(null)") ==
          "exe=/x|subj==/usr/sbin/ntpd (enforce)|key=(null)");
    CHECK(fields_of("exe=/usr/bin/x (deleted) a=b") == "exe=/usr/bin/x (deleted)|a=b");
    CHECK(fields_of("a=b (c=d) e=f") == "a=b|c=d|e=f");
    CHECK(fields_of("comm=\"no end key=x") == "comm=no end key=x");
}

TEST_CASE("the address that auditd adds is one field, braces in a socket's path included") {
    AuditRecord record;
    record.enriched = "SADDR={ fam=local path=/tmp/.{FD2D} }";
    CHECK(find_enriched(record, "SADDR")->value == "{ fam=local path=/tmp/.{FD2D} }");
    record.enriched = "SADDR=unknown family(0)";
    CHECK(find_enriched(record, "SADDR")->value == "unknown");
    record.enriched = "AUID=\"unset\" UID=\"root\"";
    CHECK(find_enriched(record, "UID")->value == "root");
    CHECK_FALSE(find_enriched(record, "GID"));
}

TEST_CASE("several fields are found in one walk, the first of each name") {
    constexpr AuditNames wanted({"uid", "exe", "none", "auid"});
    const auto fields = find_fields(record_of(1112, "uid=7 auid=8 msg='uid=0 auid=0 exe=\"/x\"'"), wanted);
    CHECK(fields[wanted.at("uid")].value == "7");
    CHECK(fields[wanted.at("auid")].value == "8");
    CHECK(fields[wanted.at("exe")].value == "/x");
    CHECK(fields[wanted.at("exe")].nested);
    CHECK(fields[wanted.at("none")].name.empty());
    CHECK(wanted.at("other") == wanted.none);
    CHECK(wanted.at("") == wanted.none);
}

TEST_CASE("long lines that are made to be slow are read in one pass", "[REQ-30]") {
    for (const std::string_view piece : {"a={ ", "a='", "a=b (", "avc: { ", "a=\"", "(("}) {
        std::string body;
        while (body.size() < (1U << 20))
            body.append(piece);
        std::size_t bytes = 0;
        for_each_field(record_of(audit_type::syscall, body), [&](const AuditField& field) {
            bytes += field.name.size() + field.value.size();
            return true;
        });
        CHECK(bytes <= 2 * body.size());
    }
}

TEST_CASE("quotes decide whether text is hex, and never the text itself") {
    CHECK(text_of(audit_type::path, "name=\"7370\"", "name") == "7370");
    CHECK(text_of(audit_type::path, "name=7370206163", "name") == "sp ac");
    CHECK(text_of(audit_type::path, "name=FF00", "name") == std::string("\xff\0", 2));
    // Not as the kernel writes hex: an odd number of digits, small letters.
    CHECK(text_of(audit_type::path, "name=737", "name") == "737");
    CHECK(text_of(audit_type::path, "name=7fff", "name") == "7fff");
}

TEST_CASE("the name of a field and the type of its record say whether it is text") {
    CHECK(text_of(audit_type::syscall, "a0=7370", "a0") == "7370");
    CHECK(text_of(audit_type::execve, "a0=7370", "a0") == "sp");
    CHECK(text_of(audit_type::syscall, "inode=7370", "inode") == "7370");
    CHECK(text_of(audit_type::execve, "a0_len=7370", "a0_len") == "7370");
    CHECK(text_of(audit_type::tty, "data=6C730D", "data") == "ls\r");
}

TEST_CASE("(null), (none), ? and nothing are no value, but in quotes they are") {
    CHECK(text_of(audit_type::syscall, "key=(null)", "key") == "none");
    CHECK(text_of(audit_type::syscall, "tty=(none)", "tty") == "none");
    CHECK(text_of(audit_type::syscall, "addr=?", "addr") == "none");
    CHECK(text_of(audit_type::syscall, "subj=", "subj") == "none");
    CHECK(text_of(audit_type::path, "name=\"(null)\"", "name") == "(null)");
    CHECK(text_of(audit_type::path, "name=\"\"", "name").empty());
}

TEST_CASE("text is cut at the limit", "[REQ-30]") {
    const std::string hex(200'000, '4');
    CHECK(text_of(audit_type::path, "name=" + hex, "name") == std::string(max_audit_text, 'D'));
    CHECK(text_of(audit_type::path, "name=\"" + hex + "\"", "name").size() == max_audit_text);
}

TEST_CASE("numbers are whole, and 4294967295 is nobody") {
    CHECK(decode_number("42") == 42);
    CHECK(decode_number("c000003e", 16) == 0xc000003e);
    CHECK_FALSE(decode_number(""));
    CHECK_FALSE(decode_number("42x"));
    CHECK_FALSE(decode_number("-1"));
    CHECK_FALSE(decode_number("99999999999999999999"));
    CHECK(decode_number("18446744073709551615") == UINT64_MAX);
    CHECK_FALSE(decode_number("18446744073709551616"));
    CHECK(decode_number("FFFFFFFFFFFFFFFF", 16) == UINT64_MAX);
    CHECK_FALSE(decode_number("1ffffffffffffffff", 16));
    CHECK_FALSE(decode_number("a"));
    CHECK(decode_signed("-13") == -13);
    CHECK_FALSE(decode_signed("--1"));
    CHECK(decode_id("0") == 0);
    CHECK(decode_id("4294967294") == 4294967294);
    CHECK_FALSE(decode_id("4294967295"));
    CHECK_FALSE(decode_id("-1"));
    CHECK_FALSE(decode_id("unset"));
}

TEST_CASE("results are told in three words by the kernel and by programs, and mean the same") {
    const auto result = [](std::string_view body) { return result_of(record_of(audit_type::syscall, body)); };
    CHECK(result("success=yes exit=0") == AuditResult::success);
    CHECK(result("success=no exit=-13") == AuditResult::failure);
    CHECK(result("op=add res=1") == AuditResult::success);
    CHECK(result("op=add res=0") == AuditResult::failure);
    CHECK(result("pid=1 msg='op=login res=failed'") == AuditResult::failure);
    CHECK(result("pid=1 msg='op=login res=success'") == AuditResult::success);
    CHECK(result("pid=1") == AuditResult::unknown);
}

TEST_CASE("one key is text, and several are parted by a byte of 1") {
    const auto keys = [](std::string_view body) { return decode_keys(record_of(audit_type::syscall, body)); };
    CHECK(keys("key=\"identity\"") == std::vector<std::string>{"identity"});
    CHECK(keys("key=65786563013634626974") == std::vector<std::string>{"exec", "64bit"});
    CHECK(keys("key=(null)").empty());
    CHECK(keys("pid=1").empty());
    CHECK(keys("key=0101").empty());
}

TEST_CASE("the arguments of a program are put together over pieces and records") {
    const AuditRecord records[] = {
        record_of(audit_type::syscall, "a0=7370"),
        record_of(audit_type::execve, "argc=3 a0=\"/bin/echo\" a1_len=8 a1[0]=6162"),
        record_of(audit_type::execve, " a1[1]=6364 a2=\"last\""),
    };
    const AuditArguments arguments = execve_arguments(records);
    CHECK(arguments.arguments == std::vector<std::string>{"/bin/echo", "abcd", "last"});
    CHECK(arguments.stated == 3);
    CHECK_FALSE(arguments.cut);
}

TEST_CASE("arguments are bounded in number and bytes, and say that they are cut", "[REQ-30]") {
    const std::string huge = "argc=2 a0=" + std::string(300'000, '4') + " a1=\"x\"";
    const AuditRecord long_one[] = {record_of(audit_type::execve, huge)};
    AuditArguments arguments = execve_arguments(long_one);
    CHECK(arguments.cut);
    CHECK(arguments.arguments.at(0).size() == max_argument_bytes);
    const AuditRecord far_one[] = {record_of(audit_type::execve, "argc=1 a4000000000=\"x\"")};
    arguments = execve_arguments(far_one);
    CHECK(arguments.cut);
    CHECK(arguments.arguments.empty());
    const AuditRecord fewer[] = {record_of(audit_type::execve, "argc=3 a0=\"x\"")};
    CHECK(execve_arguments(fewer).cut);
}
