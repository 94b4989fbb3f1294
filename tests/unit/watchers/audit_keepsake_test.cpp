#include "watchers/audit/audit_keepsake.hpp"

#include <catch2/catch.hpp>

#include "watchers/audit/audit_told.hpp"

using namespace integrityd;

TEST_CASE("what the audit watcher keeps over a restart comes back as it was") {
    const AuditKeepsake kept{.log = "1 2 3",
                             .told = "1800000000100:7,1800000000200:8",
                             .last = AuditStamp{1'800'000'000'200, 8},
                             .holes = {{.from = 4'294'967'295, .to = 2, .count = 4, .after = 7, .before = 8},
                                       {.from = 5, .to = 5, .count = 1, .auditd_began = true, .unread = true}},
                             .lost = AuditLostMark{"11111111-2222-3333-4444-555555555555", 6}};
    const AuditKeepsake back = parse_audit_keepsake(to_text(kept));
    CHECK(back.log == kept.log);
    CHECK(back.told == kept.told);
    CHECK(back.last == kept.last);
    CHECK(back.holes == kept.holes);
    REQUIRE(back.lost);
    CHECK(back.lost->lost == 6);
    CHECK(back.lost->boot_id == kept.lost->boot_id);
}

TEST_CASE("nothing kept is nothing known") {
    CHECK(to_text({}).empty());
    const AuditKeepsake nothing = parse_audit_keepsake("");
    CHECK(nothing.log.empty());
    CHECK(nothing.told.empty());
    CHECK_FALSE(nothing.last);
    CHECK_FALSE(nothing.lost);
}

TEST_CASE("lines that are not known, or not of their form, are passed over") {
    for (const char* const line : {"last 5",
                                   "last 5:",
                                   "last 5:6 ",
                                   "last -5:6",
                                   "last 18446744073709551616:1",
                                   "last 5:4294967296",
                                   "last :6",
                                   "last",
                                   "lost 6",
                                   "lost x boot",
                                   "lost 4294967296 boot",
                                   "lost -1 boot",
                                   "hole",
                                   "hole 1",
                                   "hole 1-",
                                   "hole 1-2 3",
                                   "hole 1-2 3 4 ",
                                   "hole 1-2 3 4 x",
                                   "hole -1-2 3 4",
                                   "hole 4294967296-2 3 4",
                                   "next 5:6",
                                   "",
                                   "log",
                                   "\0"}) {
        CAPTURE(line);
        const AuditKeepsake kept = parse_audit_keepsake("told 1:2\n" + std::string(line) + "\nlog place");
        CHECK_FALSE(kept.last);
        CHECK_FALSE(kept.lost);
        CHECK(kept.holes.empty());
        CHECK(kept.told == "1:2");
        CHECK(kept.log == "place");
    }
    CHECK_FALSE(parse_audit_keepsake("lost 6 " + std::string(65, 'b')).lost);
    CHECK(parse_audit_keepsake("lost 6 " + std::string(64, 'b')).lost);
}

TEST_CASE("of the events that were judged the last ones are kept, in their order") {
    AuditTold told;
    for (std::uint32_t serial = 1; serial <= 70; ++serial)
        CHECK(told.note({1000, serial}));
    CHECK_FALSE(told.note({1000, 3}));
    const std::string text = told.text();
    CHECK(text.starts_with("1000:7,1000:8,"));
    CHECK(text.ends_with(",1000:69,1000:70"));
    AuditTold next;
    next.take(text);
    CHECK(next.text() == text);
    CHECK(next.contains({1000, 70}));
    CHECK(next.contains({1000, 7}));
    CHECK_FALSE(next.contains({1000, 6}));
    CHECK_FALSE(next.contains({1001, 70}));
    CHECK_FALSE(next.note({1000, 8}));
}

TEST_CASE("what is no stamp is passed over, what stands beside it is taken") {
    AuditTold told;
    told.take(",1:,:1,1:1,1:1,x,2:-1,2:4294967296,18446744073709551616:1,3:3 ,4:4");
    CHECK(told.text() == "1:1,4:4");
}

TEST_CASE("an event is known until another one has its place, a whole window later") {
    AuditTold told;
    CHECK_FALSE(told.contains({0, 0}));
    for (std::uint32_t serial = 0; serial < AuditTold::window; ++serial)
        CHECK(told.note({1, serial}));
    CHECK(told.contains({1, 0}));
    CHECK(told.note({1, AuditTold::window}));
    CHECK_FALSE(told.contains({1, 0}));
    CHECK(told.contains({1, 1}));
}
