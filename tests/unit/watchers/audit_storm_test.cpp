#include "watchers/audit/audit_storm.hpp"

#include <catch2/catch.hpp>

#include "audit_text.hpp"
#include "catalogue_kinds.hpp"
#include "support/fake_loop.hpp"
#include "unit/watchers/present.hpp"
#include "watchers/audit/audit_hold.hpp"
#include "watchers/audit/audit_judge.hpp"
#include "watchers/audit/audit_logins.hpp"
#include "watchers/audit/audit_told.hpp"

using namespace integrityd;
using namespace std::chrono_literals;
using test::audit_line;

namespace {

AuditFinding finding(const std::string& rule, int number) {
    AuditFinding made{.rule = rule};
    made.seen = {.kind = &kinds::audit_rule_matched, .subject = rule + ": /file" + std::to_string(number)};
    made.seen.severity = Severity::medium;
    return made;
}

std::uint64_t number(const ValueMap& map, const char* name) {
    return *map.at(name).get<std::uint64_t>();
}

std::string failed_login(unsigned serial, unsigned second, unsigned pid) {
    return "type=USER_AUTH msg=audit(" + std::to_string(1'800'000'000 + second) + ".000:" + std::to_string(serial) +
           "): pid=" + std::to_string(pid) +
           " uid=0 auid=4294967295 ses=4294967295 msg='op=PAM:authentication grantors=? acct=\"root\" "
           "exe=\"/usr/sbin/sshd\" hostname=10.0.0.5 addr=10.0.0.5 terminal=ssh res=failed'\n";
}

}  // namespace

TEST_CASE("a storm becomes one violation with the exact number [REQ-40]") {
    AuditStorm storm;
    std::size_t singly = 0;
    for (int i = 0; i < 20'000; ++i)
        singly += storm.take(finding("deletions", i), nullptr, Monotonic(0)) ? 1 : 0;
    CHECK(singly == AuditStorm::told_singly);
    const auto grown = storm.grown(Monotonic(0));
    REQUIRE(grown.size() == 1);
    CHECK(grown.front().subject == "deletions: storm");
    CHECK(number(grown.front().evidence, "matches") == 20'000);
    CHECK(number(grown.front().evidence, "folded") == 20'000 - AuditStorm::told_singly);
    CHECK(storm.grown(Monotonic(0)).empty());
}

TEST_CASE("a storm is told ever more seldom while it lasts, and soon again after a calm [REQ-40]") {
    AuditStorm storm;
    const auto tell = [&storm](Monotonic now) {
        for (int i = 0; i < 100; ++i)
            (void)storm.take(finding("deletions", i), nullptr, now);
        return storm.grown(now).size();
    };
    Monotonic now = 1h;
    std::vector<Duration> pauses;
    for (int telling = 0; telling < 8; ++telling) {
        pauses.push_back(storm.pause(now));
        now += storm.pause(now);
        CHECK(tell(now) == 1);
    }
    CHECK(pauses == std::vector<Duration>{1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s});
    CHECK(storm.pause(now + 119s) == 60s);
    CHECK(storm.pause(now + 120s) == 1s);
}

TEST_CASE("a storm of one rule keeps no other rule from being told") {
    AuditStorm storm;
    for (int i = 0; i < 1000; ++i)
        (void)storm.take(finding("deletions", i), nullptr, Monotonic(0));
    CHECK(storm.take(finding("identity", 1), nullptr, Monotonic(0)));
}

TEST_CASE("after a quiet minute a rule is told one by one again") {
    AuditStorm storm;
    for (int i = 0; i < 1000; ++i)
        (void)storm.take(finding("deletions", i), nullptr, Monotonic(0));
    (void)storm.grown(Monotonic(0));
    CHECK_FALSE(storm.take(finding("deletions", 1), nullptr, 59s));
    CHECK(storm.take(finding("deletions", 2), nullptr, 59s + 61s));
}

TEST_CASE("a rule with a threshold is told when so many match within its time") {
    AuditStorm storm;
    AuditRule rule{.name = "tries"};
    rule.threshold = 3;
    rule.window = 60s;
    CHECK_FALSE(storm.take(finding("tries", 1), &rule, 0s));
    CHECK_FALSE(storm.take(finding("tries", 1), &rule, 50s));
    CHECK_FALSE(storm.take(finding("tries", 1), &rule, 100s));
    CHECK(storm.take(finding("tries", 1), &rule, 105s));
}

TEST_CASE("failed logins are told from the limit on, one attempt counted once") {
    AuditConfig config;
    config.login_failures = 3;
    AuditLogins logins(config);
    std::vector<std::string> told;
    AuditActReader reader;
    const auto feed = [&](const std::string& text) {
        test::for_each_audit_event(text, [&](const AuditEvent& event) {
            if (const auto seen = logins.take(reader.read(event), event)) told.push_back(seen->summary);
        });
    };
    feed(failed_login(1, 0, 100) + failed_login(2, 0, 100));  // PAM and sshd of one attempt
    feed(failed_login(3, 10, 101));
    CHECK(told.empty());
    feed(failed_login(4, 20, 102));
    REQUIRE(told.size() == 1);
    CHECK(told.front() == "3 logins failed within 300 s");
    feed(failed_login(5, 2000, 103));  // the others are too long ago
    CHECK(told.size() == 1);
}

TEST_CASE("failed logins of before the clock was set back do not count, nor keep others from getting old") {
    AuditConfig config;
    config.login_failures = 3;
    AuditLogins logins(config);
    std::size_t told = 0;
    AuditActReader reader;
    unsigned serial = 0;
    const auto fail_at = [&](unsigned second) {
        ++serial;
        test::for_each_audit_event(failed_login(serial, second, 100 + serial), [&](const AuditEvent& event) {
            if (logins.take(reader.read(event), event)) ++told;
        });
    };
    fail_at(90'000);
    fail_at(90'010);
    fail_at(0);  // it was set back by a day
    for (unsigned day = 1; day < 5; ++day)
        fail_at(day * 10'000);
    CHECK(told == 0);
    fail_at(40'010);
    fail_at(40'005);  // some seconds back
    CHECK(told == 1);
}

TEST_CASE("who guesses passwords for hours is told anew only when the number of failures has doubled [REQ-40]") {
    AuditConfig config;
    AuditLogins logins(config);
    AuditActReader reader;
    std::vector<std::uint64_t> steps;
    std::size_t told = 0;
    std::size_t grew = 0;
    for (unsigned second = 0; second < 7200; ++second) {
        test::for_each_audit_event(failed_login(second + 1, second, 100 + second), [&](const AuditEvent& event) {
            const auto seen = logins.take(reader.read(event), event);
            if (!seen) return;
            ++told;
            grew += logins.grew() ? 1 : 0;
            REQUIRE(seen->evidence.size() == 1);
            const std::uint64_t step = number(seen->evidence, "failures_at_least");
            CHECK(number(seen->context, "failures") >= step);
            if (steps.empty() || steps.back() != step) steps.push_back(step);
        });
    }
    CHECK(told == 7200 - 4);
    CHECK(steps == std::vector<std::uint64_t>{5, 10, 20, 40, 80, 160});
    CHECK(grew == steps.size());
}

TEST_CASE("failed logins are judged where no rule asks for their records") {
    test::FakeLoop loop;
    const Config config;
    FileTraces traces;
    test::Present present;
    AuditJudge judge(loop, config, traces, present);
    for (unsigned i = 0; i < config.audit.login_failures; ++i) {
        CHECK(present.happenings.empty());
        test::for_each_audit_event(failed_login(i + 1, i, 100 + i),
                                   [&](const AuditEvent& event) { judge.take(event); });
    }
    REQUIRE(present.happenings.size() == 1);
    CHECK(present.happenings.front().kind == &kinds::audit_login_failures);
}

TEST_CASE("an event is judged once, from wherever it comes, over a restart too") {
    AuditTold told;
    CHECK(told.note({1000, 1}));
    CHECK_FALSE(told.note({1000, 1}));
    CHECK(told.note({1000, 2}));
    AuditTold after;
    after.take(told.text() + ",nonsense,5:,:6,7:8x");
    CHECK_FALSE(after.note({1000, 2}));
    CHECK(after.note({5, 0}));
    CHECK(after.note({7, 8}));
    for (std::uint32_t i = 0; i < 2 * AuditTold::window; ++i)
        (void)told.note({2000, i});
    CHECK(told.note({1000, 1}));
}

TEST_CASE("what the kernel's feed tells waits for the log, and not longer than it has to") {
    std::vector<std::uint32_t> judged;
    AuditHold hold([&judged](const AuditEvent& event) { judged.push_back(event.stamp.serial); });
    const auto feed = [&](unsigned serial, Monotonic now) {
        test::for_each_audit_event(test::audit_write(serial, "\"/etc/passwd\""),
                                   [&](const AuditEvent& event) { hold.add(event, now); });
    };
    feed(1, 0s);
    feed(2, 0s);
    feed(3, 1s);
    hold.found_in_log({1'800'000'000'101, 1});
    CHECK(hold.size() == 2);
    hold.expire(1s);
    CHECK(judged.empty());
    hold.expire(2s);
    CHECK(judged == std::vector<std::uint32_t>{2});
    hold.set_log_written(false);
    CHECK(judged == std::vector<std::uint32_t>{2, 3});
    feed(4, 3s);
    CHECK(judged == std::vector<std::uint32_t>{2, 3, 4});
    hold.set_log_written(true);
    feed(5, 4s);
    CHECK(hold.deadline() == Monotonic(6s));
}

TEST_CASE("more than the hold has room for is judged at once, and none is lost") {
    std::size_t judged = 0;
    AuditHold hold([&judged](const AuditEvent&) { ++judged; });
    constexpr unsigned events = 20'000;
    for (unsigned serial = 0; serial < events; ++serial) {
        test::for_each_audit_event(test::audit_write(serial, "\"/etc/passwd\""),
                                   [&](const AuditEvent& event) { hold.add(event, Monotonic(0)); });
    }
    CHECK(judged > 0);
    CHECK(judged + hold.size() == events);
    hold.expire(AuditHold::patience);
    CHECK(judged == events);
    CHECK_FALSE(hold.deadline());
}
