#include "watchers/audit/audit_intake.hpp"

#include <catch2/catch.hpp>

#include "audit_text.hpp"

using namespace integrityd;
using namespace std::chrono_literals;
using test::audit_line;

namespace {

constexpr std::uint64_t file = 3;

struct Rig {
    std::vector<std::uint32_t> records;  // serials
    std::vector<std::uint32_t> events;
    std::uint64_t written = 0;
    AuditIntake intake{{.record = [this](const AuditRecord& record) { records.push_back(record.stamp.serial); },
                        .event = [this](const AuditEvent& event) { events.push_back(event.stamp.serial); }}};

    void write(std::string_view text, Monotonic now = 1000s) {
        intake.take({file, written}, text, now);
        written += text.size();
    }
    [[nodiscard]] AuditLogPosition at(std::uint64_t offset) const { return {file, offset}; }
};

std::string begin_of(unsigned serial) {
    return audit_line("SYSCALL", serial, "arch=c000003e syscall=257");
}

std::string end_of(unsigned serial) {
    return audit_line("PROCTITLE", serial, "proctitle=\"vi\"");
}

using Serials = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("where all events are whole, what was read is safe") {
    Rig rig;
    rig.write(begin_of(7) + end_of(7) + audit_line("USER_LOGIN", 8, "pid=1"));
    CHECK(rig.records == Serials{7, 7, 8});
    CHECK(rig.events == Serials{7, 8});
    CHECK(rig.intake.read() == rig.at(rig.written));
    CHECK(rig.intake.safe() == rig.intake.read());
}

TEST_CASE("of interleaved events the oldest that is not whole says where to go on") {
    Rig rig;
    rig.write(begin_of(7) + end_of(7));
    const AuditLogPosition first = rig.at(rig.written);
    rig.write(begin_of(8));
    const AuditLogPosition second = rig.at(rig.written);
    rig.write(begin_of(9) + audit_line("CWD", 8, "cwd=\"/\""));
    CHECK(rig.intake.safe() == first);
    rig.write(end_of(8));
    CHECK(rig.intake.safe() == second);
    rig.write(audit_line("USER_LOGIN", 10, "pid=1"));
    CHECK(rig.intake.safe() == second);
    rig.write(end_of(9));
    CHECK(rig.intake.safe() == rig.at(rig.written));
    CHECK(rig.events == Serials{7, 8, 10, 9});
}

TEST_CASE("an event that began later and ended earlier moves nothing") {
    Rig rig;
    const AuditLogPosition first = rig.at(rig.written);
    rig.write(begin_of(8) + begin_of(9) + end_of(9));
    CHECK(rig.intake.safe() == first);
}

TEST_CASE("going on at the safe place tells an unfinished event whole, once") {
    Rig rig;
    const std::string before = begin_of(7) + end_of(7);
    const std::string text = before + begin_of(8) + audit_line("USER_LOGIN", 9, "pid=1") + end_of(8);
    const std::size_t stopped = text.size() - end_of(8).size();
    rig.write(text.substr(0, stopped));
    const std::uint64_t safe = rig.intake.safe().offset;
    CHECK(safe == before.size());
    Rig next;
    next.written = safe;
    next.write(text.substr(safe));
    CHECK(next.events == Serials{9, 8});
    CHECK(next.intake.counters().malformed == 0);
}

TEST_CASE("an event whose end never comes holds the place up for the time-out and no longer") {
    Rig rig;
    rig.write(begin_of(7));
    CHECK(rig.intake.safe() == rig.at(0));
    CHECK(rig.intake.deadline() == 1002s);
    rig.intake.expire(1001s);
    CHECK(rig.intake.safe() == rig.at(0));
    rig.intake.expire(1002s);
    CHECK(rig.intake.safe() == rig.at(rig.written));
    CHECK_FALSE(rig.intake.deadline());
    CHECK(rig.events == Serials{7});
}

TEST_CASE("an end behind the end of an event holds nothing up") {
    Rig rig;
    rig.write(begin_of(7) + end_of(7) + audit_line("EOE", 7, ""));
    CHECK(rig.events == Serials{7});
    CHECK(rig.intake.safe() == rig.at(rig.written));
    rig.write(audit_line("EOE", 8, ""));
    CHECK(rig.intake.safe() == rig.at(rig.written));
}

TEST_CASE("a line that is cut anywhere is one line, and its begin is the safe place") {
    const std::string text = begin_of(7) + end_of(7) + audit_line("USER_LOGIN", 8, "pid=1");
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
        CAPTURE(cut);
        Rig rig;
        rig.write(text.substr(0, cut));
        CHECK(rig.intake.safe().offset <= cut);
        CHECK(rig.intake.read().offset == text.rfind('\n', cut - 1) + 1);
        rig.write(text.substr(cut));
        CHECK(rig.events == Serials{7, 8});
        CHECK(rig.intake.safe() == rig.at(text.size()));
        CHECK(rig.intake.counters().malformed == 0);
    }
}

TEST_CASE("what had no end in one file gets none from the next") {
    Rig rig;
    rig.write(begin_of(7) + "type=USER_LOGIN msg=audit(1800000000.100:9): pi");
    rig.intake.take({file + 1, 0}, end_of(7) + audit_line("USER_LOGIN", 10, "pid=1"), 1000s);
    CHECK(rig.events == Serials{7, 10});
    CHECK(rig.records == Serials{7, 7, 10});
    CHECK(rig.intake.read().file == file + 1);
    CHECK(rig.intake.safe() == rig.intake.read());
}

TEST_CASE("bytes that do not follow those before begin a line") {
    Rig rig;
    rig.write("type=USER_LOGIN msg=audit(1800000000.1");
    rig.intake.take({file, 5000}, audit_line("USER_LOGIN", 10, "pid=1"), 1000s);
    CHECK(rig.events == Serials{10});
    CHECK(rig.intake.counters().malformed == 0);
}

TEST_CASE("news begins where history ended, also inside an event") {
    Rig rig;
    rig.intake.begin_at(rig.at(500));
    CHECK(rig.intake.safe() == rig.at(500));
    rig.written = 500;
    rig.write(end_of(6) + begin_of(7));
    CHECK(rig.events == Serials{6});
    CHECK(rig.intake.safe() == rig.at(500 + end_of(6).size()));
}

TEST_CASE("what is no record is counted, and read past") {
    Rig rig;
    rig.write("nonsense\n" + audit_line("USER_LOGIN", 8, "pid=1") + "\n" + std::string(100'000, 'x') + "\n");
    CHECK(rig.events == Serials{8});
    const AuditIntakeCounters counters = rig.intake.counters();
    CHECK(counters.malformed >= 2);
    CHECK(counters.cut == 1);
    CHECK(rig.intake.safe() == rig.at(rig.written));
}
