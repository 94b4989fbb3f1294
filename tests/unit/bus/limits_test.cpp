// What keeps requests, replies and signals within bounds.
#include <catch2/catch.hpp>

#include "bus/arguments.hpp"
#include "bus/backoff.hpp"
#include "bus/change_limiter.hpp"
#include "bus/reply_size.hpp"
#include "support/fake_loop.hpp"

using namespace integrityd;
using namespace std::chrono_literals;

TEST_CASE("A page holds 256 items unless asked, and never more than 1000", "[bus][REQ-31]") {
    CHECK(page_limit(0) == 256);
    CHECK(page_limit(1) == 1);
    CHECK(page_limit(1000) == 1000);
    CHECK(page_limit(UINT32_MAX) == 1000);
}

TEST_CASE("Ids are at most a page and never 0", "[bus][REQ-31]") {
    CHECK(check_ids({}));
    CHECK(check_ids(std::vector<std::uint64_t>(1000, 7)));
    CHECK_FALSE(check_ids(std::vector<std::uint64_t>(1001, 7)));
    CHECK_FALSE(check_ids({1, 0, 2}));
}

TEST_CASE("A comment is at most 4 KiB of UTF-8", "[bus][REQ-31]") {
    CHECK(check_comment(std::string(4096, 'x')));
    CHECK_FALSE(check_comment(std::string(4097, 'x')));
    CHECK(check_comment("geprüft\nzweite Zeile"));
    CHECK_FALSE(check_comment("\xff"));
}

TEST_CASE("A name is short and without control characters", "[bus][REQ-31]") {
    CHECK(check_name(""));
    CHECK(check_name("aide"));
    CHECK_FALSE(check_name("aide\n"));
    CHECK_FALSE(check_name(std::string(257, 'a')));
}

TEST_CASE("The first change is told at once, the next ones ten times a second, the last always", "[bus][REQ-2]") {
    test::FakeLoop loop;
    int told = 0;
    ChangeLimiter limiter(loop, 100ms, [&] { ++told; });
    limiter.changed();
    CHECK(told == 1);

    for (int change = 0; change < 1000; ++change) {
        loop.advance(1ms);
        limiter.changed();
    }
    CHECK(told >= 10);
    CHECK(told <= 11);

    const int before_quiet = told;
    loop.advance(100ms);
    CHECK(told == before_quiet + 1);
    loop.advance(10s);
    CHECK(told == before_quiet + 1);

    limiter.changed();
    CHECK(told == before_quiet + 2);
}

TEST_CASE("A change within the interval is told when it ends", "[bus]") {
    test::FakeLoop loop;
    int told = 0;
    ChangeLimiter limiter(loop, 100ms, [&] { ++told; });
    limiter.changed();
    loop.advance(10ms);
    limiter.changed();
    CHECK(told == 1);
    loop.advance(89ms);
    CHECK(told == 1);
    loop.advance(1ms);
    CHECK(told == 2);
}

TEST_CASE("The bus is tried again at once, then after a second, doubling up to a minute", "[bus][REQ-33]") {
    Backoff backoff(1s, 60s);
    std::vector<Duration> delays;
    for (int attempt = 0; attempt < 9; ++attempt)
        delays.push_back(backoff.next());
    CHECK(delays == std::vector<Duration>{0s, 1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s});
    backoff.reset();
    CHECK(backoff.next() == 0s);
}

TEST_CASE("A reply ends before it is larger than 1 MiB, but holds one item at least", "[bus][REQ-31]") {
    Violation large;
    large.details["text"] = std::string(64 << 10, 'x');
    ReplyBudget budget;
    int added = 0;
    while (budget.add(reply_size(large)))
        ++added;
    CHECK(added == 15);

    ReplyBudget small;
    CHECK(small.add(2 * largest_reply));
    CHECK_FALSE(small.add(1));
}

TEST_CASE("Members that say who did it or quote audit records are withheld from readers", "[bus][REQ-27]") {
    CHECK(is_restricted_member("actor"));
    CHECK(is_restricted_member("actor_exe"));
    CHECK(is_restricted_member("audit"));
    CHECK(is_restricted_member("audit_records"));
    CHECK_FALSE(is_restricted_member("path"));
    CHECK_FALSE(is_restricted_member("auditor"));
}
