// The kernel's own audit and a real auditd: feed, status, cross-check. As root, where nobody else uses audit.
#include "support/audit_host.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <sys/epoll.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>

#include "sources/audit_feed.hpp"
#include "support/failure_bound.hpp"
#include "support/fake_loop.hpp"
#include "support/skip.hpp"
#include "watchers/audit/audit_cross_check.hpp"
#include "watchers/audit/audit_status_judge.hpp"
#include "watchers/audit/audit_status_watch.hpp"

using namespace integrityd;
using namespace integrityd::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr int bound_ms = std::chrono::milliseconds(failure_bound).count();

bool possible() {
    const std::string why = AuditHost::why_not();
    return skip_unless(why.empty(), why);
}

// "audit(1700000000.123:45): …"
AuditStamp serial_of(std::string_view text) {
    const std::size_t at = text.find("audit(");
    AuditStamp serial;
    std::uint64_t seconds = 0;
    unsigned milliseconds = 0;
    if (at != std::string_view::npos)
        (void)std::sscanf(std::string(text.substr(at, 64)).c_str(), "audit(%lu.%u:%u)", &seconds, &milliseconds,
                          &serial.serial);
    serial.milliseconds = seconds * 1000 + milliseconds;
    return serial;
}

// The feed and the log of a real auditd against each other, on a clock of our own.
struct Crossing {
    explicit Crossing(AuditHost& machine) : host(machine) {
        feed = std::make_unique<AuditFeed>(
            loop, [this](const AuditFeed::Joined& done) { done(take()); },
            AuditFeed::Callbacks{[this](std::uint16_t, std::string_view text) {
                                     check.on_feed(serial_of(text), now);
                                     seen.append(text).append("\n");
                                 },
                                 [this](const AuditFeedLoss& loss) { lost += loss.records; },
                                 [this] { check.feed_joined(); }, [](const Error&) { FAIL("the feed broke"); }});
        feed->start();
        check.log_live(now);
    }
    Result<UniqueFd> take() {
        auto joined = host.kernel().join_feed();
        if (joined) fd = joined->get();
        return joined;
    }
    // Reads the feed until a record with this in it has come.
    void read_feed(const std::string& until) {
        while (seen.find(until) == std::string::npos)
            REQUIRE(read_some(bound_ms));
    }
    // False: nothing came for so long.
    bool read_some(int milliseconds) {
        pollfd waiting{fd, POLLIN, 0};
        if (poll(&waiting, 1, milliseconds) != 1) return false;
        seen.clear();
        loop.advance(std::chrono::milliseconds(5));  // what rests is read again
        (void)loop.ready(fd, EPOLLIN);
        return true;
    }
    // What the log says beyond what was read.
    void read_log() {
        std::ifstream file(host.log(), std::ios::binary);
        file.seekg(offset);
        for (std::string line; std::getline(file, line);) {
            offset += static_cast<std::streamoff>(line.size()) + 1;
            if (line.find("type=DAEMON_") == std::string::npos) check.in_log(serial_of(line), now);
        }
    }
    std::uint64_t pass(Duration by) {
        now += by;
        const auto missing = check.expire(now);
        return missing ? missing->count : 0;
    }
    // A record that is on the feed and in the log, and all before it.
    void both(int number) {
        const std::string text = mark(number);
        read_feed(text);
        REQUIRE(host.wait_for_log(text));
        read_log();
    }
    // A record of our own, told apart by its number.
    static std::string mark(int number) {
        const std::string text = "integrityd-test-mark-" + std::to_string(number) + "-";
        REQUIRE(AuditHost::auditctl("-m " + text));
        return text;
    }

    AuditHost& host;
    FakeLoop loop;
    AuditCrossCheck check;
    Monotonic now = 1000s;
    int fd = -1;
    std::uint64_t lost = 0;
    std::string seen;  // in this turn
    std::streamoff offset = 0;
    std::unique_ptr<AuditFeed> feed;
};

std::vector<std::string> descriptions(const AuditStatus& status) {
    std::vector<std::string> texts;
    for (const auto& rule : status.rules)
        texts.push_back(rule.description);
    return texts;
}

void write_file(const std::string& path) {
    std::ofstream(path) << "text\n";
}

}  // namespace

TEST_CASE("a record is on the feed when it happens, with its type and text") {
    if (!possible()) return;
    AuditHost host;
    std::vector<std::uint16_t> types;
    std::string all;
    FakeLoop loop;
    auto joined = host.kernel().join_feed();
    REQUIRE(joined);
    const int fd = joined->get();
    AuditFeed feed(loop, [&joined](const AuditFeed::Joined& done) { done(std::move(*joined)); },
                   {[&](std::uint16_t type, std::string_view text) {
                        types.push_back(type);
                        all.append(text).append("\n");
                    },
                    [](const AuditFeedLoss&) { FAIL("nothing is lost"); }, [] {},
                    [](const Error&) { FAIL("it does not break"); }});
    feed.start();
    REQUIRE(AuditHost::auditctl("-m integrityd-feed-test"));
    while (all.find("integrityd-feed-test") == std::string::npos) {
        pollfd waiting{fd, POLLIN, 0};
        REQUIRE(poll(&waiting, 1, bound_ms) == 1);
        CHECK(loop.ready(fd, EPOLLIN));
    }
    CHECK(std::ranges::count(types, 1005) == 1);  // USER
    CHECK(all.starts_with("audit("));
    CHECK(feed.counters().strangers == 0);
    CHECK(feed.counters().malformed == 0);
}

TEST_CASE("a rule that is loaded, the loss of all rules and auditing switched off are seen in the status") {
    if (!possible()) return;
    AuditHost host;
    const TemporaryDirectory watched;
    const AuditStatus none = host.status();
    CHECK(none.kernel.enabled == 1);
    CHECK(none.kernel.backlog_limit == 8192);
    REQUIRE(AuditHost::auditctl("-a always,exit -F dir=" + watched.path() + " -F perm=wa -F key=one"));
    REQUIRE(AuditHost::auditctl("-a always,exit -F arch=b64 -S openat -F exit=-EACCES -F key=two"));
    const AuditStatus two = host.status();
    CHECK(descriptions(two) ==
          std::vector<std::string>{"-a always,exit -S all -F dir=" + watched.path() + " -F perm=wa -F key=one",
                                   "-a always,exit -S openat -F arch=b64 -F exit=-EACCES -F key=two"});
    CHECK(two.rules_sha256 != none.rules_sha256);
    CHECK(host.status().rules_sha256 == two.rules_sha256);
    REQUIRE(AuditHost::auditctl("-D"));
    CHECK(host.status().rules_sha256 == none.rules_sha256);
    REQUIRE(AuditHost::auditctl("-e 0"));
    const auto looks = judge({host.status(), "", {}, ""}, {});
    REQUIRE_FALSE(looks.empty());
    CHECK(looks[0].seen.size() == 1);  // audit.disabled
}

TEST_CASE("a file that is watched and replaced by another leaves the rules as they were accepted") {
    if (!possible()) return;
    AuditHost host;
    const TemporaryDirectory watched;
    write_file(watched / "passwd");
    REQUIRE(AuditHost::auditctl("-a always,exit -F path=" + watched / "passwd" + " -F perm=wa"));
    REQUIRE(AuditHost::auditctl("-a always,exit -F dir=" + watched.path() + " -F perm=wa"));
    REQUIRE(AuditHost::auditctl("-a always,exit -F path=" + watched / "not-there" + " -F perm=wa"));
    const std::string before = host.status().rules_sha256;
    for (const char* const name : {"passwd", "not-there"}) {
        write_file(watched / "new");
        fs::rename(watched / "new", watched / name);
        CHECK(host.status().rules_sha256 == before);
    }
    fs::remove(watched / "passwd");
    CHECK(host.status().rules_sha256 == before);
}

TEST_CASE("an auditd that is killed is noticed before the kernel notices it") {
    if (!possible()) return;
    AuditHost host;
    const pid_t auditd = host.start_auditd();
    CHECK(host.status().kernel.pid == static_cast<std::uint32_t>(auditd));
    CHECK(process_is_alive(auditd));
    // Whatever else is recorded makes the kernel notice: from here on nothing is, and auditd has got the last of it.
    REQUIRE(AuditHost::auditctl("-e 0"));
    REQUIRE(host.wait_for_log("audit_enabled=0"));
    CHECK(host.end_auditd(SIGKILL));
    CHECK(host.status().kernel.pid == static_cast<std::uint32_t>(auditd));
    CHECK_FALSE(process_is_alive(auditd));
    const auto ended = judge({host.status(), "", {}, ""}, {"", {}, process_is_alive(auditd), {}});
    CHECK(ended.at(1).seen.size() == 1);  // audit.daemon.stopped
}

TEST_CASE("an auditd that ends in order is not named any more") {
    if (!possible()) return;
    AuditHost host;
    (void)host.start_auditd();
    CHECK(host.end_auditd(SIGTERM));
    CHECK(host.status().kernel.pid == 0);
}

TEST_CASE("an auditd that is stopped is a log that is silent; going on, it has lost nothing") {
    if (!possible()) return;
    AuditHost host;
    (void)host.start_auditd();
    Crossing crossing(host);
    (void)Crossing::mark(0);  // the first event does not count
    crossing.both(1);
    CHECK(crossing.pass(6s) == 0);
    CHECK_FALSE(crossing.check.log_is_silent_since(crossing.now));

    host.signal_auditd(SIGSTOP);
    crossing.read_feed(Crossing::mark(2));
    crossing.read_log();
    const Monotonic stopped = crossing.now;
    CHECK(crossing.pass(6s) == 0);
    CHECK(crossing.check.log_is_silent_since(crossing.now) == stopped);

    host.signal_auditd(SIGCONT);
    crossing.both(3);
    CHECK_FALSE(crossing.check.log_is_silent_since(crossing.now));
    CHECK(crossing.pass(6s) == 0);
    CHECK(crossing.check.waiting() == 0);
}

TEST_CASE("what happens while auditd is dead is on the feed, and told as missing exactly when it is back") {
    if (!possible()) return;
    AuditHost host;
    (void)host.start_auditd();
    Crossing crossing(host);
    (void)Crossing::mark(0);
    crossing.both(1);
    CHECK(host.end_auditd(SIGKILL));
    for (int i = 0; i < 100; ++i)
        crossing.read_feed(Crossing::mark(100 + i));
    (void)host.start_auditd();
    crossing.both(2);
    const std::uint64_t waiting = crossing.check.waiting();
    std::ostringstream log;
    log << std::ifstream(host.log()).rdbuf();
    int written = 0;
    for (int i = 0; i < 100; ++i)
        written += log.str().find("mark-" + std::to_string(100 + i) + "-") != std::string::npos ? 1 : 0;
    CHECK(waiting >= 100U - static_cast<unsigned>(written));
    CHECK(crossing.pass(6s) == waiting);
    CHECK(crossing.lost == 0);
    std::printf("of 100 records without an auditd %d came into the log later, %lu events are missing\n", written,
                waiting);
}

TEST_CASE("of a burst every event is in the log, or it is told how many are not") {
    if (!possible()) return;
    constexpr int files = 20'000;
    AuditHost host;
    (void)host.start_auditd();
    Crossing crossing(host);
    const TemporaryDirectory watched(memory_path());
    for (int i = 0; i < files; ++i)
        write_file(watched / std::to_string(i));
    REQUIRE(AuditHost::auditctl("-a always,exit -F arch=b64 -S unlink,unlinkat -F dir=" + watched.path()));
    crossing.read_feed(Crossing::mark(0));
    const std::uint32_t lost_before = host.status().kernel.lost;  // since the machine's start
    // A process of its own: the kernel gives a task what it needs for this when it is made, if audit was on by then.
    const pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < files; ++i)
            (void)unlink((watched / std::to_string(i)).c_str());
        _exit(0);
    }
    while (waitpid(child, nullptr, WNOHANG) == 0)
        (void)crossing.read_some(100);
    // There is room again for what follows: it is not dropped.
    while (crossing.read_some(100)) {
    }
    crossing.both(1);
    const std::uint64_t missing = crossing.pass(6s);
    const std::uint32_t lost = host.status().kernel.lost - lost_before;
    std::printf(
        "burst of %d events: %lu records on the feed, %lu dropped there, %lu events missing in the log, lost %u\n",
        files, crossing.feed->counters().records, crossing.lost, missing, lost);
    CHECK(crossing.check.waiting() == 0);
    if (crossing.lost == 0 && lost == 0) CHECK(missing == 0);
    // SYSCALL, CWD, two PATH, PROCTITLE and EOE each.
    CHECK(crossing.feed->counters().records + crossing.lost >= 6U * files);
}
