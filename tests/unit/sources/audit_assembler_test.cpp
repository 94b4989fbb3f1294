// Records of interleaved events, put together.
#include <catch2/catch.hpp>

#include "sources/audit_types.hpp"
#include "unit/sources/audit_test_support.hpp"

using namespace integrityd;
using namespace integrityd::test;
using namespace std::chrono_literals;

namespace {

using Names = std::vector<std::string>;

std::string line(std::string_view type, std::uint32_t serial, std::string_view body = "a=b",
                 std::string_view ms = "1.000") {
    return "type=" + std::string(type) + " msg=audit(" + std::string(ms) + ":" + std::to_string(serial) +
           "): " + std::string(body) + "\n";
}

// An assembler that tells what it hands on.
struct Rig {
    explicit Rig(AuditAssemblyLimits limits = {})
        : assembler([this](const AuditEvent& event) { told.push_back(brief(event)); }, limits) {}
    void add(std::string_view text, Monotonic now = 0s) {
        lines.push_back(std::make_unique<std::string>(text.substr(0, text.size() - 1)));
        assembler.add(*scan_audit_record(*lines.back()), now);
    }
    Names take() { return std::exchange(told, {}); }

    std::vector<std::unique_ptr<std::string>> lines;
    Names told;
    AuditAssembler assembler;
};

}  // namespace

TEST_CASE("an event ends with its PROCTITLE, and the EOE behind it makes no second one") {
    Rig rig;
    rig.add(line("SYSCALL", 7));
    rig.add(line("PATH", 7));
    CHECK(rig.take().empty());
    rig.add(line("PROCTITLE", 7));
    CHECK(rig.take() == Names{"7x3"});
    rig.add(line("EOE", 7));
    CHECK(rig.take().empty());
    CHECK(rig.assembler.in_flight() == 0);
    CHECK(rig.assembler.counters().late == 0);
}

TEST_CASE("an event without PROCTITLE ends with its EOE") {
    Rig rig;
    rig.add(line("URINGOP", 7));
    rig.add(line("EOE", 7));
    CHECK(rig.take() == Names{"7x2"});
}

TEST_CASE("records of interleaved events come to their own event") {
    Rig rig;
    rig.add(line("SYSCALL", 1));
    rig.add(line("SYSCALL", 2));
    rig.add(line("PATH", 1));
    rig.add(line("PATH", 2));
    rig.add(line("PROCTITLE", 2));
    rig.add(line("PROCTITLE", 1));
    CHECK(rig.take() == Names{"2x3", "1x3"});
}

TEST_CASE("the same serial at another time, or of another node, is another event") {
    Rig rig;
    rig.add(line("SYSCALL", 1, "a=b", "1.000"));
    rig.add(line("SYSCALL", 1, "a=b", "1.001"));
    rig.add("node=n " + line("SYSCALL", 1, "a=b", "1.001"));
    CHECK(rig.assembler.in_flight() == 3);
    rig.assembler.finish();
    CHECK(rig.take() == Names{"1x1", "1x1", "1x1"});
}

TEST_CASE("a record of a program is an event at once") {
    Rig rig;
    rig.add(line("SYSCALL", 1));
    rig.add(line("USER_LOGIN", 2));
    rig.add(line("DAEMON_ROTATE", 4000));
    rig.add(line("ANOM_RBAC_INTEGRITY_FAIL", 3));
    CHECK(rig.take() == Names{"2x1", "4000x1", "3x1"});
    CHECK(rig.assembler.in_flight() == 1);
}

TEST_CASE("an event without an end is handed on after the time-out of the time that is passed in") {
    Rig rig;
    rig.add(line("CONFIG_CHANGE", 1), 10s);
    CHECK(rig.assembler.deadline() == Monotonic(12s));
    rig.assembler.expire(11s);
    CHECK(rig.take().empty());
    rig.add(line("SYSCALL", 1), 11s);
    rig.assembler.expire(12s);
    CHECK(rig.take().empty());
    rig.assembler.expire(13s);
    CHECK(rig.take() == Names{"1x2"});
    CHECK_FALSE(rig.assembler.deadline());
}

TEST_CASE("an event without an end is handed on when the log has gone on by some events and for the time-out") {
    Rig rig;
    rig.add(line("CONFIG_CHANGE", 1, "a=b", "1.000"));
    for (std::uint32_t serial = 2; serial <= 20; ++serial)
        rig.add(line("CONFIG_CHANGE", serial, "a=b", "3.000"));
    CHECK(rig.take().empty());
    rig.add(line("CONFIG_CHANGE", 21, "a=b", "3.001"));
    CHECK(rig.take() == Names{"1x1"});
    // A clock that was set back ends nothing.
    rig.add(line("CONFIG_CHANGE", 22, "a=b", "0.500"));
    CHECK(rig.take().empty());
}

TEST_CASE("after a silence a record may still come behind the first of the next events") {
    Rig rig;
    rig.add(line("SYSCALL", 1, "a=b", "1.000"));
    rig.add(line("SYSCALL", 2, "a=b", "9.000"));
    rig.add(line("PATH", 1, "a=b", "1.000"));
    rig.assembler.finish();
    CHECK(rig.take() == Names{"1x2", "2x1"});
}

TEST_CASE("records that come after their event was handed on are said to be late") {
    Rig rig;
    rig.add(line("SYSCALL", 1));
    rig.add(line("PROCTITLE", 1));
    rig.add(line("PATH", 1));
    rig.assembler.finish();
    CHECK(rig.take() == Names{"1x2", "1x1~"});
    CHECK(rig.assembler.counters().late == 1);
}

TEST_CASE("no more events are unfinished than the limit says: the oldest is handed on", "[REQ-30]") {
    Rig rig({.in_flight = 2});
    rig.add(line("SYSCALL", 1));
    rig.add(line("SYSCALL", 2));
    rig.add(line("SYSCALL", 3));
    CHECK(rig.take() == Names{"1x1"});
    CHECK(rig.assembler.in_flight() == 2);
    CHECK(rig.assembler.counters().pressed == 1);
}

TEST_CASE("an event of too many records, or of too many bytes, is cut and counted", "[REQ-30]") {
    Rig rig({.records = 2, .event_bytes = 1000});
    for (const char* const type : {"SYSCALL", "PATH", "PATH", "PROCTITLE"})
        rig.add(line(type, 1));
    CHECK(rig.take() == Names{"1x2!"});
    CHECK(rig.assembler.counters().dropped_records == 2);
    rig.add(line("SYSCALL", 2));
    rig.add(line("EXECVE", 2, std::string(1000, 'x')));
    rig.add(line("PROCTITLE", 2));
    CHECK(rig.take() == Names{"2x2!"});
    CHECK(rig.assembler.counters().cut == 2);
}

TEST_CASE("unfinished events hold no more bytes than the limit says", "[REQ-30]") {
    Rig rig({.event_bytes = 1000, .total_bytes = 2000});
    for (std::uint32_t serial = 1; serial <= 4; ++serial)
        rig.add(line("SYSCALL", serial, std::string(900, 'x')));
    CHECK(rig.take() == Names{"1x1", "2x1"});
    CHECK(rig.assembler.counters().pressed == 2);
}

TEST_CASE("what is unfinished survives the caller's buffer") {
    std::string log;
    for (std::uint32_t serial = 1; serial <= 40; serial += 2) {
        log += line("SYSCALL", serial, "comm=\"a\" key=\"k\"\x1dUID=\"root\"");
        log += line("SYSCALL", serial + 1, "comm=\"b\"");
        log += line("PATH", serial, "name=\"/" + std::string(serial * 100, 'p') + "\"");
        log += line("PROCTITLE", serial + 1, "proctitle=\"b\"");
        log += line("PROCTITLE", serial, "proctitle=\"a\"");
    }
    const Assembled whole = assemble(log);
    CHECK(whole.events.size() == 40);
    CHECK(whole.texts.at(0) == "SYSCALL comm=\"b\"\nPROCTITLE proctitle=\"b\"\n");
    for (const std::size_t chunk : {1U, 13U, 100U, 1000U, 4096U}) {
        const Assembled pieces = assemble(log, chunk);
        CHECK(pieces.events == whole.events);
        CHECK(pieces.texts == whole.texts);
    }
}
