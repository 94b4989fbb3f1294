#include "sources/audit_status.hpp"

#include <catch2/catch.hpp>

#include "support/skip.hpp"
#include "unit/sources/audit_status_bytes.hpp"

using namespace integrityd;
using namespace integrityd::test;
using audit_status_form::Part;

namespace {

std::string description_of(const std::string& rule) {
    const auto status = parse_audit_status(status_bytes({}, {rule}));
    REQUIRE(status);
    REQUIRE(status->rules.size() == 1);
    return status->rules[0].description;
}

void put(std::string& rule, std::size_t offset, std::uint32_t value) {
    std::memcpy(rule.data() + offset, &value, sizeof value);
}

}  // namespace

TEST_CASE("the kernel's audit status is read, also from a memory file") {
    const std::string bytes = status_bytes({.enabled = 2, .pid = 77, .lost = 1459, .backlog = 3}, {});
    for (const auto& status : {parse_audit_status(bytes), read_audit_status(memory_file(bytes).get())}) {
        REQUIRE(status);
        CHECK(status->kernel.enabled == 2);
        CHECK(status->kernel.failure == 1);
        CHECK(status->kernel.pid == 77);
        CHECK(status->kernel.lost == 1459);
        CHECK(status->kernel.backlog == 3);
        CHECK(status->kernel.backlog_limit == 8192);
        CHECK(status->kernel.backlog_wait_time == 15000);
        CHECK(status->rules.empty());
    }
}

TEST_CASE("the shorter status of an old kernel is understood") {
    const std::string content = status_content({.lost = 5, .backlog = 2}).substr(0, 32);
    const auto status = parse_audit_status(status_part(Part::status, content));
    REQUIRE(status);
    CHECK(status->kernel.lost == 5);
    CHECK(status->kernel.backlog == 2);
    CHECK(status->kernel.backlog_wait_time == 0);
    CHECK_FALSE(parse_audit_status(status_part(Part::status, content.substr(0, 31))));
}

TEST_CASE("each rule is described as auditctl would write it") {
    CHECK(description_of(rule_content({"dir=/etc/sudoers.d", "perm=wa", "key=identity"})) ==
          "-a always,exit -F dir=/etc/sudoers.d -F perm=wa -F key=identity");
    CHECK(description_of(
              rule_content({"arch=b64", "exit=-EACCES", "auid>=1000", "auid!=4294967295"}, {"openat", "unlinkat"})) ==
          "-a always,exit -S openat,unlinkat -F arch=b64 -F exit=-EACCES -F auid>=1000 -F auid!=unset");
    CHECK(description_of(rule_content({"arch=b64", "perm=wa"}, {"open", "openat", "creat", "truncate", "ftruncate"})) ==
          "-a always,exit -S (5 syscalls) -F arch=b64 -F perm=wa");
}

TEST_CASE("a rule about one program is described with its path") {
    // libaudit asks the running kernel, which answers root alone, and not in every container.
    const bool known = (audit_get_features() & AUDIT_FEATURE_BITMAP_EXECUTABLE_PATH) != 0;
    if (!skip_unless(known, "libaudit makes no rule with exe= here: the kernel's audit does not answer")) return;
    CHECK(description_of(rule_content({"arch=b64", "exe=/usr/bin/id"}, {"openat"})) ==
          "-a always,exit -S openat -F arch=b64 -F exe=/usr/bin/id");
}

TEST_CASE("what a rule names cannot deceive who reads its description") {
    const std::string text = description_of(rule_content({"key=a\nb\x1b[31m"}));
    CHECK(text.find('\n') == std::string::npos);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(description_of(rule_content({"key=one\x01two"})).ends_with("-F key=one -F key=two"));
    CHECK(description_of(rule_content({"dir=/" + std::string(4000, 'd')})).size() < 320);
}

TEST_CASE("the digest of all rules tells another rule, another order and one less") {
    const std::string one = rule_content({"dir=/etc", "perm=wa"});
    const std::string two = rule_content({"dir=/boot", "perm=wa"});
    const auto digest = [](const std::vector<std::string>& rules) {
        const auto status = parse_audit_status(status_bytes({}, rules));
        REQUIRE(status);
        return status->rules_sha256;
    };
    CHECK(digest({one, two}) == digest({one, two}));
    CHECK(digest({one, two}) != digest({two, one}));
    CHECK(digest({one, two}) != digest({one}));
    CHECK(digest({one, one}) != digest({one}));
    CHECK(digest({one}) != digest({}));
    // The kernel's numbers are no part of it.
    CHECK(parse_audit_status(status_bytes({.lost = 9}, {one}))->rules_sha256 == digest({one}));
}

TEST_CASE("what is no status is an error at any length") {
    const std::string bytes = status_bytes({}, {rule_content({"dir=/etc", "perm=wa", "key=identity"})});
    REQUIRE(parse_audit_status(bytes));
    const std::size_t first = sizeof(audit_status_form::PartHead) + sizeof(audit_status);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CAPTURE(size);
        CHECK(parse_audit_status(bytes.substr(0, size)).ok() == (size == first));
    }
    CHECK_FALSE(parse_audit_status(bytes + bytes));  // a second status
    CHECK_FALSE(parse_audit_status(status_part(Part::rule, rule_content({"dir=/etc"}))));
}

TEST_CASE("a rule that states more than it has is an error") {
    const std::string good = rule_content({"dir=/etc", "key=identity"});
    const auto accepted = [](const std::string& rule) { return parse_audit_status(status_bytes({}, {rule})).ok(); };
    REQUIRE(accepted(good));
    std::string rule = good;
    put(rule, offsetof(audit_rule_data, field_count), 65);
    CHECK_FALSE(accepted(rule));
    rule = good;
    put(rule, offsetof(audit_rule_data, buflen), 1000);
    CHECK_FALSE(accepted(rule));
    rule = good;
    put(rule, offsetof(audit_rule_data, values), 0xffffffff);
    CHECK_FALSE(accepted(rule));
    rule = good;
    put(rule, offsetof(audit_rule_data, values), 13);  // one byte of the key's, which then has one too few
    CHECK_FALSE(accepted(rule));
}

TEST_CASE("more rules than anybody has are refused") {
    const std::string rule = rule_content({"perm=w"});
    std::vector<std::string> rules(audit_status_form::most_rules, rule);
    CHECK(parse_audit_status(status_bytes({}, rules)));
    rules.push_back(rule);
    CHECK_FALSE(parse_audit_status(status_bytes({}, rules)));
}
