#include "watchers/aide/aide_actor.hpp"

#include <catch2/catch.hpp>

#include "catalogue_kinds.hpp"
#include "sources/aide_report.hpp"

using namespace integrityd;

namespace {

constexpr const char* changed_at = "2026-11-22 10:00:00 +0000";

Observation entry(const std::string& path) {
    Observation seen{.kind = &kinds::aide_entry_changed, .subject = path};
    seen.evidence["path"] = Bytes{path};
    seen.evidence["attributes"] = ValueMap{{"change_time", ValueMap{{"old", Value("x")}, {"new", Value(changed_at)}}},
                                           {"inode", ValueMap{{"old", Value("41")}, {"new", Value("42")}}}};
    return seen;
}

std::string confidence(const Observation& seen) {
    const auto actor = seen.context.find("actor");
    if (actor == seen.context.end()) return "nothing";
    return *actor->second.get<ValueMap>()->at("confidence").get<std::string>();
}

}  // namespace

TEST_CASE("an entry gets the actor whose act made its inode at that time") {
    const WallTime time = *parse_aide_time(changed_at);
    FileTraces traces;
    traces.add(
        {.path = "/etc/other", .identity = FileIdentity{254, 1, 42}, .time = time, .actor = {{"exe", Value("sed")}}});
    Observation seen = entry("/etc/passwd");
    add_actor(seen, traces);
    CHECK(confidence(seen) == "inode+ctime");
    CHECK(*seen.context.at("actor").get<ValueMap>()->at("exe").get<std::string>() == "sed");
    CHECK(seen.evidence == entry("/etc/passwd").evidence);  // who it was makes it no other finding
}

TEST_CASE("that an act left no trace is said only where it would have left one [REQ-43]") {
    const WallTime time = *parse_aide_time(changed_at);
    FileTraces traces;
    Observation nobody_records = entry("/etc/passwd");
    add_actor(nobody_records, traces);
    CHECK(confidence(nobody_records) == "nothing");

    traces.set_recorded_since(time + 60'000'000);
    Observation before = entry("/etc/passwd");
    add_actor(before, traces);
    CHECK(confidence(before) == "nothing");

    traces.set_recorded_since(time - 60'000'000);
    Observation past_the_audit = entry("/etc/passwd");
    add_actor(past_the_audit, traces);
    CHECK(confidence(past_the_audit) == "none");
}

TEST_CASE("what is no entry has no actor") {
    FileTraces traces;
    traces.set_recorded_since(1);
    Observation seen{.kind = &kinds::aide_check_failed, .subject = "report"};
    add_actor(seen, traces);
    CHECK(seen.context.empty());
}
