#include "core/canonical_json.hpp"

#include <limits>
#include <random>

#include <catch2/catch.hpp>

#include "core/escape.hpp"

using namespace integrityd;

namespace {

Violation a_violation() {
    return {.id = 7,
            .kind = "aide.entry.changed",
            .source = "aide",
            .severity = Severity::high,
            .subject = "/etc/pass\\x0awd",
            .summary = "changed: size",
            .state = ViolationState::open,
            .first_seen = 1,
            .last_seen = 2,
            .count = 3,
            .details = {{"path", Bytes{"/etc/pass\nwd"}}},
            .requirements = {"CR 3.4", "CR 3.4 RE(2)"}};
}

Event an_event() {
    Event event;
    event.time = 5;
    event.boottime = 6;
    event.boot_id = "b";
    event.clock = ClockState::synchronised;
    event.type = EventType::raised;
    event.by = Requester{.uid = 0, .pid = 8, .exe = "/usr/bin/integrityctl", .unit = ""};
    event.violation = a_violation();
    event.data = {{"k", "v"}};
    event.sequence = std::numeric_limits<std::uint64_t>::max();
    event.stream = "s";
    return event;
}

class RandomValue {
public:
    explicit RandomValue(std::uint32_t seed) : random_(seed) {}

    Value make(std::size_t depth) {
        switch (random_() % (depth == 0 ? 5 : 7)) {
            case 0:
                return {};
            case 1:
                return random_() % 2 == 0;
            case 2:
                return static_cast<std::int64_t>(number());
            case 3:
                return number();
            case 4:
                return text();
            case 5:
                return list(depth);
            default:
                return map(depth);
        }
    }

private:
    std::uint64_t number() { return (std::uint64_t{random_()} << 32 | random_()) >> random_() % 64; }
    std::string bytes() {
        std::string out(random_() % 9, '\0');
        for (char& byte : out)
            byte = static_cast<char>(random_() % 3 == 0 ? random_() : '\x18' + random_() % 16);
        return out;
    }
    // UTF-8 that still has quotes, backslashes and control characters.
    std::string text() {
        const std::string raw = bytes();
        return is_utf8(raw) ? raw : escape(raw);
    }
    ValueList list(std::size_t depth) {
        ValueList out;
        for (auto n = random_() % 4; n > 0; --n)
            out.push_back(make(depth - 1));
        return out;
    }
    ValueMap map(std::size_t depth) {
        ValueMap out;
        if (random_() % 2 == 0) out["path"] = Bytes{bytes()};
        for (auto n = random_() % 4; n > 0; --n)
            out[text()] = make(depth - 1);
        return out;
    }

    std::mt19937 random_;
};

}  // namespace

TEST_CASE("canonical JSON has one spelling for each value [REQ-19]") {
    CHECK(canonical_json(Value()) == "null");
    CHECK(canonical_json(Value(true)) == "true");
    CHECK(canonical_json(Value(std::numeric_limits<std::uint64_t>::max())) == "18446744073709551615");
    CHECK(canonical_json(Value(std::numeric_limits<std::int64_t>::min())) == "-9223372036854775808");
    CHECK(canonical_json(Value("a\"\\/\n\x1f\x7f€")) == "\"a\\\"\\\\/\\u000a\\u001f\x7f€\"");
    CHECK(canonical_json(Value(ValueMap{})) == "{}");
    CHECK(canonical_json(Value(ValueList{})) == "[]");
    CHECK(canonical_json(Value(ValueMap{{"b", ValueList{1, "x"}}, {"a", Bytes{"\xff"}}, {"B", false}})) ==
          R"({"B":false,"a":"/w==","b":[1,"x"]})");
}

TEST_CASE("an event is written with all its members in order", "[REQ-18]") {
    CHECK(canonical_json(an_event()) ==
          R"({"boot_id":"b","boottime":6,"by":{"exe":"/usr/bin/integrityctl","pid":8,"uid":0,"unit":""},)"
          R"("clock":"synchronised","data":{"k":"v"},"maintenance":false,"sequence":18446744073709551615,)"
          R"("stream":"s","time":5,"type":"raised","violation":{"count":3,"details":{"path":"L2V0Yy9wYXNzCndk"},)"
          R"("first_seen":1,"id":7,"kind":"aide.entry.changed","last_seen":2,)"
          R"_("requirements":["CR 3.4","CR 3.4 RE(2)"],"severity":"high","source":"aide","state":"open",)_"
          R"("subject":"/etc/pass\\x0awd","summary":"changed: size"}})");
}

TEST_CASE("a violation on its own is written as it stands in an event") {
    CHECK(canonical_json(a_violation()) == canonical_json(Value(to_value(a_violation()))));
    CHECK(canonical_json(an_event()).ends_with("\"violation\":" + canonical_json(a_violation()) + "}"));
    Event event = an_event();
    event.violation->subject = "\xff";  // a mistake of ours
    CHECK(canonical_json(event).find(R"("subject":"\\xff")") != std::string::npos);
}

TEST_CASE("an event read back is the same event") {
    Event bare;
    bare.type = EventType::notice;
    bare.data = {{"kind", "self.started"}};
    for (const Event& event : {an_event(), bare}) {
        const std::string line = canonical_json(event);
        const Result<Event> read = read_event(line);
        REQUIRE(read.ok());
        CHECK(canonical_json(*read) == line);
        CHECK(read->by.has_value() == event.by.has_value());
        CHECK(read->violation.has_value() == event.violation.has_value());
    }
    const auto read = read_event(canonical_json(an_event()));
    CHECK(read->violation->details == a_violation().details);
}

TEST_CASE("any value read back is written the same again") {
    RandomValue random(6);
    for (int round = 0; round < 5000; ++round) {
        const Value value = random.make(5);
        const std::string text = canonical_json(value);
        const Result<Value> read = read_json(text);
        INFO(text);
        REQUIRE(read.ok());
        REQUIRE(canonical_json(*read) == text);
    }
}

TEST_CASE("JSON that is not of our making is refused with a reason [REQ-30]") {
    const std::string deep = std::string(33, '[') + std::string(33, ']');
    for (const std::string& text :
         {std::string(""), std::string("{"), std::string("1.5"), std::string("1e3"),
          std::string("18446744073709551616"), std::string("{\"a\":1,\"a\":2}"), std::string("[1] 2"),
          std::string("\"\xff\""), std::string("{\"path\":\"no base64\"}"), deep, std::string(100'000, '['),
          "\"" + std::string(16U << 20, 'a') + "\""}) {
        const Result<Value> read = read_json(text);
        INFO(text.substr(0, 40));
        REQUIRE_FALSE(read.ok());
        CHECK_FALSE(read.error().message.empty());
    }
    CHECK(read_json(deep.substr(1, 64)).ok());
}

TEST_CASE("an event with a member missing, of another type or out of range is refused [REQ-30]") {
    const std::string line = canonical_json(an_event());
    const auto with = [&](std::string_view from, std::string_view to) {
        std::string changed = line;
        const std::size_t at = changed.find(from);
        REQUIRE(at != std::string::npos);
        return read_event(changed.replace(at, from.size(), to));
    };
    CHECK(with("\"time\":5", "\"time\":6").ok());
    CHECK(with("\"time\":5,", "").error().message == "event: member time is missing or not as expected");
    CHECK_FALSE(with("\"time\":5", "\"time\":-5").ok());
    CHECK_FALSE(with("\"time\":5", "\"time\":\"5\"").ok());
    CHECK_FALSE(with("\"pid\":8", "\"pid\":4294967296").ok());
    CHECK_FALSE(with("\"type\":\"raised\"", "\"type\":\"lowered\"").ok());
    CHECK_FALSE(with("\"severity\":\"high\"", "\"severity\":\"grave\"").ok());
    CHECK_FALSE(with("\"CR 3.4\"", "3").ok());
    CHECK_FALSE(with("\"by\":{", "\"by\":5,\"x\":{").ok());
    CHECK_FALSE(read_event("[]").ok());
}
