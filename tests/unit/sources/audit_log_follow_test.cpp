// The audit log followed through rotations and restarts: nothing lost, nothing twice.
#include <atomic>
#include <random>
#include <thread>

#include <catch2/catch.hpp>

#include "support/audit_log_rig.hpp"

using namespace integrityd;
using test::AuditLogRig;

namespace {

std::string line(int number) {
    return "type=USER msg=audit(1700000000.000:" + std::to_string(number) + "): number\n";
}

std::string lines(int from, int to) {
    std::string text;
    for (int number = from; number < to; ++number)
        text += line(number);
    return text;
}

}  // namespace

TEST_CASE("what is there at the very first start is history, what comes after is told") {
    AuditLogRig rig;
    rig.writer.write(lines(0, 10));
    rig.writer.rotate();
    rig.writer.write(lines(10, 20));
    rig.start();
    CHECK(rig.heard.old == lines(10, 20));
    CHECK(rig.heard.text.empty());
    CHECK(rig.heard.looks == 1);
    rig.writer.write(lines(20, 30));
    rig.turn();
    CHECK(rig.heard.text == lines(20, 30));
    CHECK(rig.heard.looks == 2);
    CHECK(rig.heard.findings.empty());
    CHECK_FALSE(rig.heard.blindness);
}

TEST_CASE("each file is read to its end once, through several rotations between two looks") {
    AuditLogRig rig;
    rig.writer.open();
    rig.start();
    rig.writer.write(lines(0, 100));
    rig.turn();
    rig.writer.write(lines(100, 200));
    rig.writer.rotate();
    rig.writer.write(lines(200, 300));
    rig.writer.rotate();
    rig.writer.rotate();
    rig.writer.write(lines(300, 400));
    rig.turn();
    CHECK(rig.heard.text == lines(0, 400));
    CHECK(rig.heard.findings.empty());
    CHECK(rig.log->counters().at("log_rotations") == 3);
    rig.minutes(6);
    CHECK(rig.heard.findings.empty());
}

TEST_CASE("a log of many slices is read in bounded pieces") {
    AuditLogRig rig;
    rig.writer.open();
    rig.start();
    const std::string text = lines(0, 40000);
    rig.writer.write(text);
    const int fd = rig.loop.waited_for().front();
    int others = 0;
    rig.loop.post([&] { others = static_cast<int>(rig.heard.text.size()); });
    CHECK(rig.loop.ready(fd, EPOLLIN));
    CHECK(others > 0);
    CHECK(others <= 300 << 10);
    rig.turn();
    CHECK(rig.heard.text == text);
}

TEST_CASE("a log that is not there yet is blindness and no finding") {
    AuditLogRig rig;
    rig.start();
    REQUIRE(rig.heard.blindness);
    CHECK(rig.heard.blindness->find("not written it yet") != std::string::npos);
    rig.second();
    rig.writer.write(lines(0, 3));
    rig.second();
    CHECK_FALSE(rig.heard.blindness);
    CHECK(rig.heard.text == lines(0, 3));
    CHECK(rig.heard.findings.empty());
}

TEST_CASE("a directory that is not there yet is asked for again") {
    AuditLogRig rig;
    std::filesystem::remove(rig.directory.path());
    rig.start();
    CHECK(rig.heard.blindness);
    std::filesystem::create_directory(rig.directory.path());
    rig.writer.write(lines(0, 3));
    for (int i = 0; i < 6; ++i)
        rig.second();
    CHECK_FALSE(rig.heard.blindness);
    CHECK(rig.heard.old == lines(0, 3));
    CHECK(rig.heard.findings.empty());
}

TEST_CASE("after a restart reading goes on exactly where it was, through rotations in between") {
    AuditLogRig rig;
    rig.writer.open();
    rig.start();
    rig.writer.write(lines(0, 5000));
    rig.turn();
    const std::string cursor = rig.log->cursor(rig.heard.end);
    CHECK(cursor.size() <= 1024);
    rig.stop();
    rig.writer.write(lines(5000, 5100));
    for (int i = 0; i < 3; ++i) {
        rig.writer.rotate();
        rig.writer.write(lines(5100 + i * 100, 5200 + i * 100));
    }
    rig.start(cursor);
    CHECK(rig.heard.text == lines(0, 5400));
    CHECK(rig.heard.old == lines(0, 5000));
    CHECK(rig.heard.findings.empty());
    rig.minutes(1);
    CHECK(rig.heard.findings.empty());
}

TEST_CASE("a place in the file before the one that is read is a place to go on from") {
    AuditLogRig rig;
    rig.writer.open();
    rig.start();
    rig.writer.write(lines(0, 100));
    rig.turn();
    const AuditLogPosition place{rig.heard.end.file, lines(0, 90).size()};
    rig.writer.rotate();
    rig.writer.write(lines(100, 110));
    rig.turn();
    CHECK(rig.heard.changes == 1);
    const std::string cursor = rig.log->cursor(place);
    rig.stop();
    rig.heard.text.clear();
    rig.start(cursor);
    CHECK(rig.heard.text == lines(90, 110));
    CHECK(rig.heard.findings.empty());
}

TEST_CASE("of the log before the cursor no more is read again than is wanted") {
    AuditLogRig rig;
    rig.writer.open();
    rig.start();
    const std::string text = lines(0, 20000);
    rig.writer.write(text);
    rig.turn();
    rig.history = 100000;
    rig.restart();
    CHECK(rig.heard.old.size() >= 100000);
    CHECK(rig.heard.old.size() < 100000 + 65536);
    CHECK(text.ends_with(rig.heard.old));
    CHECK(rig.heard.text == text);
}

TEST_CASE("a place that was rotated away is a gap, and what is newer is read") {
    AuditLogRig rig;
    rig.writer.write(lines(0, 100));
    rig.start();
    const std::string cursor = rig.log->cursor(rig.heard.end);
    rig.stop();
    rig.heard = {};
    for (int i = 1; i < 8; ++i) {
        rig.writer.rotate();
        rig.writer.write(lines(i * 100, (i + 1) * 100));
    }
    rig.start(cursor);
    CHECK(rig.heard.kinds() == std::vector<std::string>{"gap"});
    CHECK(rig.heard.findings[0].text.find("audit.log.4") != std::string::npos);
    CHECK(rig.heard.text == lines(300, 800));
}

TEST_CASE("files that were rotated out before they could be read are counted") {
    AuditLogRig rig;
    rig.writer.open();
    rig.start();
    for (int i = 0; i < 7; ++i) {
        rig.writer.write(lines(i * 10, (i + 1) * 10));
        rig.writer.rotate();
    }
    rig.turn();
    CHECK(rig.heard.kinds() == std::vector<std::string>{"gap"});
    CHECK(rig.heard.findings[0].text.starts_with("2 of"));
    CHECK(rig.heard.text == lines(0, 10) + lines(30, 70));
    rig.writer.rotate();
    rig.second();
    CHECK(rig.heard.findings.size() == 1);
}

TEST_CASE("a cursor that is not legible is said, and what is there is history") {
    AuditLogRig rig;
    rig.writer.write(lines(0, 10));
    rig.start("nonsense");
    CHECK(rig.heard.kinds() == std::vector<std::string>{"gap"});
    CHECK(rig.heard.old == lines(0, 10));
}

TEST_CASE("1,000 rotations while the log is written to and read: all of it once, and no finding") {
    AuditLogRig rig;
    rig.writer.open();
    rig.start();
    constexpr int rotations = 1000;
    constexpr int per_file = 50;
    std::atomic<int> seen = 0;
    std::atomic<bool> written = false;
    std::thread auditd([&] {
        for (int i = 0; i < rotations; ++i) {
            // What auditd keeps can be read; beyond that it is lost by auditd's configuration.
            for (int now = seen; now + 3 < i; now = seen)
                seen.wait(now);
            for (int number = i * per_file; number < (i + 1) * per_file; ++number)
                rig.writer.write(line(number));
            rig.writer.rotate();
        }
        written = true;
    });
    const int fd = rig.loop.waited_for().front();
    while (!written || rig.heard.changes < rotations) {
        pollfd ready{fd, POLLIN, 0};
        if (poll(&ready, 1, 60000) <= 0) break;  // only a failure takes so long
        rig.turn();
        rig.loop.advance(std::chrono::milliseconds(5));  // what rests is read again
        seen = rig.heard.changes;
        seen.notify_all();
    }
    auditd.join();
    rig.second();
    CHECK(rig.heard.text == lines(0, rotations * per_file));
    CHECK(rig.heard.kinds().empty());
    CHECK(rig.log->counters().at("log_rotations") == rotations);
}

TEST_CASE("whatever happens between looks and restarts, everything is told once") {
    const unsigned seed = 20261122;
    std::mt19937 random(seed);
    const auto dice = [&random](int sides) { return std::uniform_int_distribution<int>(0, sides - 1)(random); };
    AuditLogRig rig;
    rig.history = 1000;
    rig.writer.open();
    rig.start();
    int number = 0;
    int rotations = 0;  // since the last look
    for (int step = 0; step < 2000; ++step) {
        const int act = dice(10);
        if (act < 5) {
            const int more = dice(100);
            rig.writer.write(lines(number, number + more));
            number += more;
        } else if (act < 7) {
            if (rotations < 4) rig.writer.rotate();
            rotations = std::min(rotations + 1, 4);
        } else if (act < 9 || rotations >= 4) {
            rig.second();
            rotations = 0;
        } else {
            rig.turn();
            rig.restart();
            rotations = 0;
        }
    }
    rig.turn();
    CHECK(rig.heard.text == lines(0, number));
    CHECK(rig.heard.kinds().empty());
}

TEST_CASE("rotations while the files are looked for change nothing in what is told, nor in its order") {
    std::mt19937 random(4);
    const auto dice = [&random](int sides) { return std::uniform_int_distribution<int>(0, sides - 1)(random); };
    AuditLogRig rig(900);
    rig.writer.open();
    rig.start();
    int number = 0;
    int left = 0;  // rotations of this burst
    const auto rotate = [&] {
        const int more = dice(20);
        rig.writer.write(lines(number, number + more));
        number += more;
        rig.writer.rotate();
    };
    rig.opener.before_open = [&] {
        for (int times = dice(4); times > 0 && left > 0; --times, --left)
            rotate();
    };
    for (int burst = 0; burst < 60; ++burst) {
        left = dice(12);
        rotate();
        if (dice(4) == 0) {
            rig.restart();
        } else {
            rig.second();
        }
    }
    rig.second();
    CHECK((rig.heard.text == lines(0, number)));  // in brackets: nobody wants to read all of it
    CHECK(rig.heard.kinds().empty());
}
