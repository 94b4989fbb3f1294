#include "publish/reaction.hpp"

#include <catch2/catch.hpp>

using namespace integrityd;

namespace {

using Entries = std::map<std::uint64_t, LedgerEntry>;

Entries one(ViolationState state, Severity severity = Severity::critical, std::string source = "aide") {
    Violation violation;
    violation.id = 1;
    violation.source = std::move(source);
    violation.severity = severity;
    violation.state = state;
    return {{1, LedgerEntry{.violation = violation, .evidence_digest = ""}}};
}

}  // namespace

TEST_CASE("a violation that matters and is present sets the flag", "[REQ-9]") {
    Reaction reaction;
    CHECK(reaction.decide({}) == Flag::keep);
    CHECK(reaction.decide(one(ViolationState::open, Severity::high)) == Flag::keep);
    CHECK(reaction.decide(one(ViolationState::open, Severity::critical, "tls")) == Flag::keep);
    CHECK(reaction.decide(one(ViolationState::open)) == Flag::violated);
    CHECK(reaction.decide(one(ViolationState::acknowledged)) == Flag::violated);
}

TEST_CASE("restored comes when the violation is gone and acknowledged", "[REQ-9]") {
    Reaction reaction;
    CHECK(reaction.decide(one(ViolationState::open)) == Flag::violated);
    CHECK(reaction.decide(one(ViolationState::returned)) == Flag::keep);
    CHECK(reaction.decide({}) == Flag::restored);
}

TEST_CASE("with restore = returned it comes as soon as the violation is gone") {
    Reaction reaction;
    reaction.configure({.restore_when_returned = true});
    CHECK(reaction.decide(one(ViolationState::open)) == Flag::violated);
    CHECK(reaction.decide(one(ViolationState::returned)) == Flag::restored);
}

TEST_CASE("a new process that sees nothing leaves the flag as it is") {
    Reaction reaction;
    CHECK(reaction.decide({}) == Flag::keep);
    CHECK(reaction.decide(one(ViolationState::returned)) == Flag::keep);
    CHECK(reaction.decide(one(ViolationState::resolved)) == Flag::restored);
}

TEST_CASE("severity and sources come from the configuration") {
    Reaction reaction;
    reaction.configure({.min_severity = Severity::medium, .sources = {"tls"}});
    CHECK(reaction.decide(one(ViolationState::open, Severity::medium, "tls")) == Flag::violated);
    CHECK(reaction.decide(one(ViolationState::open)) == Flag::restored);
}

TEST_CASE("a process that resumes under the flag restores once nothing that matters is left [REQ-9]") {
    Reaction reaction;
    reaction.configure({});
    reaction.resume(true);
    CHECK(reaction.decide(one(ViolationState::returned)) == Flag::keep);
    CHECK(reaction.decide({}) == Flag::restored);
}

TEST_CASE("what keeps restored from being said is known, so that it is not forgotten for want of room [REQ-9]") {
    const auto waits = [](const Reaction& reaction, const Entries& entries) {
        return reaction.waits_for(entries.at(1).violation);
    };
    Reaction acknowledged;
    CHECK(waits(acknowledged, one(ViolationState::open)));
    CHECK(waits(acknowledged, one(ViolationState::returned)));
    CHECK_FALSE(waits(acknowledged, one(ViolationState::resolved)));
    CHECK_FALSE(waits(acknowledged, one(ViolationState::returned, Severity::high)));
    CHECK_FALSE(waits(acknowledged, one(ViolationState::returned, Severity::critical, "tls")));
    Reaction returned;
    returned.configure({.restore_when_returned = true});
    CHECK(waits(returned, one(ViolationState::open)));
    CHECK_FALSE(waits(returned, one(ViolationState::returned)));
}
