#include "publish/message.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "core/canonical_json.hpp"
#include "core/catalogue_kinds.hpp"
#include "core/escape.hpp"
#include "core/printable.hpp"
#include "support/events.hpp"

using namespace integrityd;
using namespace integrityd::test;

namespace {

std::string field(const Event& event, std::string_view name) {
    for (const auto& [key, value] : journal_fields(event)) {
        if (key == name) return value;
    }
    return "(none)";
}

Event verdict_event() {
    Event event = notice_event("", {{"old", "intact"}, {"new", "violated"}, {"because", 7}});
    event.data.erase("kind");
    event.type = EventType::verdict;
    return event;
}

}  // namespace

TEST_CASE("the line of a violation has kind, subject, summary and its place in the chain", "[REQ-18]") {
    CHECK(message_line(violation_event(), 8192) ==
          "aide.entry.changed /etc/passwd: size: 10 -> 12 [id=7 seq=42 state=open hash=0123456789abcdef]");
}

TEST_CASE("verdict and notices have a line too") {
    CHECK(message_line(verdict_event(), 8192) == "verdict: violated, was intact [seq=42 hash=0123456789abcdef]");
    CHECK(message_line(notice_event("self.stopped"), 8192) == "self.stopped [seq=42 hash=0123456789abcdef]");
    CHECK(message_line(notice_event("self.started", {{"version", "1"}, {"watchers", ValueList{Value("aide")}}}),
                       8192) == "self.started: version=1 watchers=[\"aide\"] [seq=42 hash=0123456789abcdef]");
}

TEST_CASE("a name of any bytes stays within its line and its field", "[REQ-17]") {
    Event event = violation_event();
    event.violation->subject = "/tmp/a\nPRIORITY=0\nMESSAGE=all is well\x1b[2J\u202e";
    event.violation->summary = "x\r\ny";
    event.violation->details["actor"] = Value(ValueMap{{"exe", Value("/bin/\nINTEGRITY_STATE=resolved")}});
    for (const auto& [name, value] : journal_fields(event)) {
        INFO(name);
        CHECK(std::none_of(value.begin(), value.end(), [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; }));
        CHECK(value.find("\u202e") == std::string::npos);
    }
    const std::string line = json_line(event);
    CHECK(std::count(line.begin(), line.end(), '\n') == 1);
    CHECK(message_line(event, 8192).find("\\x0aPRIORITY=0\\x0a") != std::string::npos);
}

TEST_CASE("a long subject is cut, the bracket never", "[REQ-31]") {
    Event event = violation_event();
    for (const std::string_view part : {"a", "\\x1b", "\\\\", "ü", "\\x1bü"}) {
        event.violation->subject = "/";
        while (event.violation->subject.size() < 5000)
            event.violation->subject += part;
        for (std::size_t limit = 256; limit < 270; ++limit) {
            const std::string line = message_line(event, limit);
            INFO(line);
            CHECK(line.size() <= limit);
            CHECK(line.ends_with("… [id=7 seq=42 state=open hash=0123456789abcdef]"));
            CHECK(is_utf8(line));
            const std::string head = line.substr(0, line.find("…"));
            const std::size_t backslash = head.rfind('\\');
            const bool whole = backslash == std::string::npos || head.size() - backslash >= 4 ||
                               head.compare(backslash - 1, 2, "\\\\") == 0;
            CHECK(whole);
        }
    }
}

TEST_CASE("an event of the journal has every field of the contract", "[REQ-18]") {
    Event event = violation_event();
    event.violation->details["actor"] = Value(ValueMap{{"auid", 1000}, {"exe", "/usr/bin/vi"}, {"x\n", "y"}});
    event.by = Requester{.uid = 0, .pid = 12, .exe = "/usr/bin/integrityctl", .unit = ""};
    CHECK(field(event, "MESSAGE_ID") == kinds::aide_entry_changed.message_id);
    CHECK(field(event, "PRIORITY") == "3");
    CHECK(field(event, "INTEGRITY_SEQUENCE") == "42");
    CHECK(field(event, "INTEGRITY_STREAM") == event.stream);
    CHECK(field(event, "INTEGRITY_TYPE") == "raised");
    CHECK(field(event, "INTEGRITY_ID") == "7");
    CHECK(field(event, "INTEGRITY_KIND") == "aide.entry.changed");
    CHECK(field(event, "INTEGRITY_SOURCE") == "aide");
    CHECK(field(event, "INTEGRITY_SEVERITY") == "high");
    CHECK(field(event, "INTEGRITY_SUBJECT") == "/etc/passwd");
    CHECK(field(event, "INTEGRITY_STATE") == "open");
    CHECK(field(event, "INTEGRITY_COUNT") == "1");
    CHECK(field(event, "INTEGRITY_HASH") == event.hash);
    CHECK(field(event, "INTEGRITY_REQUIREMENTS") == "CR 3.4, CR 3.4 RE(2)");
    CHECK(field(event, "INTEGRITY_ACTOR_AUID") == "1000");
    CHECK(field(event, "INTEGRITY_ACTOR_EXE") == "/usr/bin/vi");
    CHECK(field(event, "INTEGRITY_BY_PID") == "12");
    CHECK(field(event, "INTEGRITY_BY_UNIT") == "(none)");
    CHECK(std::ranges::none_of(journal_fields(event), [](const MessageField& one) { return one.second == "y"; }));
}

TEST_CASE("priorities follow the severity", "[REQ-18]") {
    Event event = violation_event();
    const auto of = [&event](Severity severity) {
        event.violation->severity = severity;
        return message_priority(event);
    };
    CHECK(of(Severity::critical) == 2);
    CHECK(of(Severity::high) == 3);
    CHECK(of(Severity::medium) == 4);
    CHECK(of(Severity::low) == 5);
    CHECK(of(Severity::record) == 6);
    CHECK(message_priority(notice_event("self.started")) == 6);
    CHECK(field(verdict_event(), "MESSAGE_ID") == message_id_of_notice("verdict"));
    CHECK(field(verdict_event(), "INTEGRITY_VERDICT") == "violated");
    CHECK(field(notice_event("self.started"), "MESSAGE_ID") == message_id_of_notice("self.started"));
    CHECK(field(notice_event("self.started"), "INTEGRITY_REQUIREMENTS") == "CR 2.8, CR 6.2");
    CHECK(field(verdict_event(), "INTEGRITY_REQUIREMENTS") == "CR 3.4 RE(2), CR 6.2");
}

TEST_CASE("the line of JSON is the canonical form with the hash behind it") {
    const Event event = violation_event();
    const std::string line = json_line(event);
    const std::string hash = ",\"hash\":\"" + event.hash + "\"";
    REQUIRE(line.ends_with(hash + "}\n"));
    CHECK(line.substr(0, line.size() - hash.size() - 2) + "}" == canonical_json(event));
}

TEST_CASE("printable text keeps what is escaped already") {
    CHECK(printable("a\\x0ab \\\\ ü") == "a\\x0ab \\\\ ü");
    CHECK(printable("a\nb\xff") == "a\\x0ab\\xff");
    CHECK(printable_cut("abcdef", 6) == "abcdef");
    CHECK(printable_cut("abcdefg", 6) == "abc…");
    CHECK(printable_cut("ab\ncdef", 8) == "ab…");
}
