#include "bus/convert.hpp"

#include <catch2/catch.hpp>

#include "bus/guarded.hpp"
#include "bus/reply_size.hpp"

using namespace integrityd;

namespace {

Violation changed_passwd() {
    Violation violation;
    violation.id = 7;
    violation.kind = "aide.entry.changed";
    violation.source = "aide";
    violation.severity = Severity::high;
    violation.subject = "/etc/passwd";
    violation.summary = "size changed";
    violation.state = ViolationState::open;
    violation.first_seen = 10;
    violation.last_seen = 20;
    violation.count = 3;
    violation.requirements = {"CR 3.4"};
    violation.details = {
        {"path", Bytes{std::string("/etc/\xff\0x", 8)}},
        {"actor", ValueMap{{"auid", 1000}, {"comm", "vi"}}},
        {"size", ValueMap{{"old", std::uint64_t{1}}, {"new", std::int64_t{-1}}, {"audit_text", "type=SYSCALL"}}},
        {"lists", ValueList{true, nullptr, ValueMap{{"actor_exe", "/bin/vi"}, {"kept", "yes"}}}},
        {"nothing", nullptr},
    };
    return violation;
}

template <typename T>
T get(const BusDict& dict, const std::string& name) {
    return dict.at(name).get<T>();
}

Value nested(int levels) {
    Value value("deep");
    for (int level = 0; level < levels; ++level)
        value = ValueMap{{"in", value}};
    return value;
}

}  // namespace

TEST_CASE("A violation travels with summary and requirements in its details", "[bus][REQ-2]") {
    const BusViolation sent = to_bus(changed_passwd(), Audience::auditors);
    CHECK(sent.get<0>() == 7);
    CHECK(sent.get<1>() == "aide.entry.changed");
    CHECK(sent.get<2>() == "aide");
    CHECK(sent.get<3>() == "high");
    CHECK(sent.get<4>() == "/etc/passwd");
    CHECK(sent.get<5>() == "open");
    CHECK(sent.get<6>() == 10);
    CHECK(sent.get<7>() == 20);
    CHECK(sent.get<8>() == 3);
    const BusDict& details = sent.get<9>();
    CHECK(get<std::string>(details, "summary") == "size changed");
    CHECK(get<std::vector<std::string>>(details, "requirements") == std::vector<std::string>{"CR 3.4"});
    const std::string path("/etc/\xff\0x", 8);
    CHECK(get<std::vector<std::uint8_t>>(details, "path") == std::vector<std::uint8_t>(path.begin(), path.end()));
    CHECK(details.count("nothing") == 0);
    const auto size = get<BusDict>(details, "size");
    CHECK(get<std::uint64_t>(size, "old") == 1);
    CHECK(get<std::int64_t>(size, "new") == -1);
    CHECK(get<std::int64_t>(get<BusDict>(details, "actor"), "auid") == 1000);
}

TEST_CASE("Readers see neither actor nor audit text, however deep", "[bus][REQ-27]") {
    const BusViolation sent = to_bus(changed_passwd(), Audience::readers);
    const BusDict& details = sent.get<9>();
    CHECK(details.count("actor") == 0);
    CHECK(get<BusDict>(details, "size").count("audit_text") == 0);
    const auto list = get<std::vector<sdbus::Variant>>(details, "lists");
    REQUIRE(list.size() == 3);
    CHECK(list[0].get<bool>());
    CHECK(list[1].get<std::string>().empty());
    const auto inner = list[2].get<BusDict>();
    CHECK(inner.count("actor_exe") == 0);
    CHECK(get<std::string>(inner, "kept") == "yes");
}

TEST_CASE("An event without a violation carries one with id 0", "[bus]") {
    Event event;
    event.sequence = 9;
    event.stream = "6b1f";
    event.type = EventType::verdict;
    event.clock = ClockState::synchronised;
    event.maintenance = true;
    event.by = Requester{1000, 55, "/usr/bin/integrityctl", "session-1.scope"};
    event.data = {{"old", "intact"}, {"new", "violated"}, {"because", std::uint64_t{7}}};
    event.hash = std::string(64, 'a');
    const BusEvent sent = to_bus(event, Audience::readers);
    CHECK(sent.get<0>() == 9);
    CHECK(sent.get<4>() == "verdict");
    CHECK(sent.get<5>().get<0>() == 0);
    CHECK(sent.get<5>().get<1>().empty());
    const BusDict& extra = sent.get<6>();
    CHECK(get<std::string>(extra, "stream") == "6b1f");
    CHECK(get<std::string>(extra, "clock") == "synchronised");
    CHECK(get<bool>(extra, "maintenance"));
    CHECK(get<std::string>(extra, "new") == "violated");
    CHECK(get<std::uint64_t>(extra, "because") == 7);
    CHECK(get<std::string>(get<BusDict>(extra, "by"), "exe") == "/usr/bin/integrityctl");
    CHECK(sent.get<7>() == event.hash);
}

TEST_CASE("Text that the bus would refuse is escaped, and too deep values are told as such", "[bus][REQ-17][REQ-31]") {
    Violation violation;
    violation.subject = "bad\xff";
    violation.details = {{"text", std::string("a\0b", 3)}, {"deep", nested(100)}};
    const BusViolation sent = to_bus(violation, Audience::readers);
    CHECK(sent.get<4>() == "bad\\xff");
    CHECK(get<std::string>(sent.get<9>(), "text") == "a\\x00b");
    BusDict level = get<BusDict>(sent.get<9>(), "deep");
    int levels = 1;
    while (level.at("in").containsValueOfType<BusDict>()) {
        level = get<BusDict>(level, "in");
        ++levels;
    }
    CHECK(levels == deepest_value);
}

TEST_CASE("A filter is read, and anything unknown in it is refused", "[bus]") {
    const auto filter = read_filter({{"source", sdbus::Variant(std::string("aide"))},
                                     {"kind", sdbus::Variant(std::string("aide.entry.added"))},
                                     {"severity", sdbus::Variant(std::string("medium"))},
                                     {"state", sdbus::Variant(std::string("all"))}});
    REQUIRE(filter);
    CHECK(filter->source == "aide");
    CHECK(filter->kind == "aide.entry.added");
    CHECK(filter->severity == Severity::medium);
    CHECK(filter->state == "all");

    const auto code = [](const BusDict& members) {
        const auto read = read_filter(members);
        return read ? 0 : read.error().code;
    };
    CHECK(code({}) == 0);
    CHECK(code({{"source", sdbus::Variant(std::uint32_t{1})}}) == EINVAL);
    CHECK(code({{"severity", sdbus::Variant(std::string("huge"))}}) == EINVAL);
    CHECK(code({{"state", sdbus::Variant(std::string("gone"))}}) == EINVAL);
    CHECK(code({{"colour", sdbus::Variant(std::string("red"))}}) == EINVAL);
    CHECK(code({{"kind", sdbus::Variant(std::string(300, 'k'))}}) == EINVAL);
}

TEST_CASE("Errors have the names of the contract, and internals stay inside", "[bus][REQ-29]") {
    const auto name = [](int code) { return to_bus_error(Error{"why", code}).getName(); };
    const std::string prefix = "org.cip_project.Integrity1.Error.";
    CHECK(name(ENOENT) == prefix + "NotFound");
    CHECK(name(EINVAL) == prefix + "InvalidArgument");
    CHECK(name(EPERM) == prefix + "NotAuthorized");
    CHECK(name(EBUSY) == prefix + "Busy");
    CHECK(name(ECANCELED) == prefix + "Changed");
    CHECK(name(EIO) == prefix + "Internal");
    CHECK(to_bus_error(Error{"no such id", ENOENT}).getMessage() == "no such id");
    CHECK(to_bus_error(Error{"/var/lib/secret", EIO}).getMessage().find("secret") == std::string::npos);
}
