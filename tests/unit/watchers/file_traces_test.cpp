#include "watchers/file_traces.hpp"

#include <catch2/catch.hpp>

using namespace integrityd;

namespace {

constexpr WallTime noon = 1'800'000'000'000'000;
constexpr WallTime second = 1'000'000;

FileTrace trace(std::string path, std::uint64_t inode, WallTime time, std::string_view who) {
    FileTrace made{.path = std::move(path), .time = time};
    if (inode != 0) made.identity = FileIdentity{254, 0, inode};
    made.actor["exe"] = Value(who);
    return made;
}

std::string who(const FileAnswer& answer) {
    const auto found = answer.actor.find("exe");
    return found == answer.actor.end() ? "nobody" : *found->second.get<std::string>();
}

}  // namespace

TEST_CASE("the inode with the time of change is surer than the path") {
    FileTraces traces;
    traces.add(trace("/etc/other", 7, noon, "by inode"));
    traces.add(trace("/etc/passwd", 8, noon - 60 * second, "by path"));
    const auto answer = traces.find({.path = "/etc/passwd", .inode = 7, .ctime = noon});
    CHECK(who(answer) == "by inode");
    CHECK(answer.confidence == TraceConfidence::inode_and_ctime);
}

TEST_CASE("an inode without the time is no proof: inodes are used again") {
    FileTraces traces;
    traces.add(trace("/etc/other", 7, noon - 60 * second, "long ago"));
    CHECK(traces.find({.path = "/etc/passwd", .inode = 7, .ctime = noon}).confidence == TraceConfidence::none);
}

TEST_CASE("of several acts on a path the one at the time of change counts, else the last") {
    FileTraces traces;
    traces.add(trace("/etc/passwd", 0, noon, "first"));
    traces.add(trace("/etc/passwd", 0, noon + 60 * second, "last"));
    const auto at_the_time = traces.find({.path = "/etc/passwd", .ctime = noon});
    CHECK(who(at_the_time) == "first");
    CHECK(at_the_time.confidence == TraceConfidence::path_and_ctime);
    const auto without = traces.find({.path = "/etc/passwd"});
    CHECK(who(without) == "last");
    CHECK(without.confidence == TraceConfidence::path);
}

TEST_CASE("who removed a file is not who made it") {
    FileTraces traces;
    traces.add(trace("/etc/gone", 7, noon, "maker"));
    FileTrace removal = trace("/etc/gone", 7, noon + second, "remover");
    removal.gone = true;
    traces.add(removal);
    CHECK(who(traces.find({.path = "/etc/gone", .removed = true})) == "remover");
    CHECK(who(traces.find({.path = "/etc/gone"})) == "maker");
}

TEST_CASE("the oldest acts are forgotten, by path and by inode") {
    FileTraces traces(2);
    traces.add(trace("/one", 1, noon, "one"));
    traces.add(trace("/two", 2, noon, "two"));
    traces.add(trace("/three", 3, noon, "three"));
    CHECK(traces.size() == 2);
    CHECK(traces.find({.path = "/one", .inode = 1, .ctime = noon}).confidence == TraceConfidence::none);
    CHECK(who(traces.find({.path = "/two"})) == "two");
}

TEST_CASE("a confidence has the name of the contract") {
    CHECK(to_string(TraceConfidence::inode_and_ctime) == "inode+ctime");
    CHECK(to_string(TraceConfidence::path_and_ctime) == "path+ctime");
    CHECK(to_string(TraceConfidence::path) == "path");
    CHECK(to_string(TraceConfidence::none) == "none");
}
