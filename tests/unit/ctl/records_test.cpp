#include "ctl/records.hpp"

#include <catch2/catch.hpp>

using namespace integrityctl;

TEST_CASE("What the daemon has escaped is had back", "[ctl]") {
    CHECK(unescaped("plain") == "plain");
    CHECK(unescaped("a\\x0ab\\\\c") == "a\nb\\c");
    CHECK(unescaped("\\xff") == "\xff");
    for (const char* const text : {"\\", "\\x", "\\x1", "\\xzz", "\\q"})
        CHECK(unescaped(text) == text);
}

TEST_CASE("Records are told in words: users and system calls by name, titles decoded", "[ctl]") {
    const auto words = records_in_words(
        "type=SYSCALL msg=audit(1800000000.500:101): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=7f "
        "a2=241 "
        "a3=1b6 items=1 ppid=1 pid=4711 auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=3 "
        "comm=\"vi\" exe=\"/usr/bin/vi\" key=\"identity\"\\x0atype=PROCTITLE msg=audit(1800000000.500:101): "
        "proctitle=7669002F6574632F706173737764\\x0a");
    CHECK(words.at("auid") == "root");
    CHECK(words.at("syscall") == "openat");
    CHECK(words.at("proctitle") == "vi /etc/passwd");
    CHECK(words.at("key") == "identity");
    CHECK(records_in_words("no record").empty());
    CHECK(records_in_words("").empty());
}
