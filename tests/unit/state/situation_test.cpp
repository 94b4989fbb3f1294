#include "state/situation.hpp"

#include <algorithm>
#include <cerrno>

#include <catch2/catch.hpp>

#include "core/catalogue_kinds.hpp"
#include "support/fake_loop.hpp"
#include "support/fakes.hpp"
#include "support/memory_store.hpp"

using namespace integrityd;
using namespace integrityd::test;
using namespace std::chrono_literals;

namespace {

struct Fixture {
    explicit Fixture(Duration flush_repeats) {
        situation->configure({.violated_at = Severity::high, .flush_repeats = flush_repeats, .rules = {}});
        situation->set_watcher("aide", WatcherState::intact);
        loop.run_posted();
    }
    void see() {
        Observation seen{.kind = &kinds::aide_entry_changed, .subject = "/etc/passwd"};
        seen.summary = "is not as it was";
        situation->report(seen);
        loop.run_posted();
    }
    [[nodiscard]] std::uint32_t stored_count() const { return store.saved_entries_.back().violation.count; }

    FakeLoop loop;
    FakeClock clock;
    MemoryStore store;
    std::vector<std::string> types;
    std::size_t failures = 0;
    std::vector<std::string> told;  // with the verdict as it was then
    std::unique_ptr<Situation> situation = make();

private:
    void note(const std::string& what) {
        told.push_back(what + ", " + std::string(to_string(situation->judgement().verdict)));
    }
    std::unique_ptr<Situation> make() {
        auto opened = Situation::open(loop, clock, store,
                                      {.stored =
                                           [this](std::span<const Event> events) {
                                               for (const Event& event : events)
                                                   types.emplace_back(to_string(event.type));
                                           },
                                       .changed = [this] { note("changed"); },
                                       .unwritable = [this](const Error&) { ++failures; },
                                       .touched = [this] { note("touched"); }});
        REQUIRE(opened);
        return std::move(*opened);
    }
};

}  // namespace

TEST_CASE("what happens in one turn is one batch, with the verdict that follows from it [REQ-2] [REQ-5]") {
    Fixture f(60s);
    const auto before = f.store.commits_;
    f.see();
    CHECK(f.store.commits_ == before + 1);
    CHECK(f.types == std::vector<std::string>{"verdict", "raised", "verdict"});
    CHECK(f.situation->judgement().verdict == Verdict::violated);
}

TEST_CASE("what changed of a watcher in one turn is told once, with the verdict of its end [REQ-2]") {
    Fixture f(60s);
    f.told.clear();
    const auto before = f.store.attempts_;
    f.situation->touch();
    f.situation->touch();
    CHECK(f.told.empty());
    SECTION("where that is all") {
        f.loop.run_posted();
        CHECK(f.told == std::vector<std::string>{"touched, intact"});
        CHECK(f.store.attempts_ == before);
        f.situation->touch();
        f.loop.run_posted();
        CHECK(f.told.size() == 2);
    }
    SECTION("where its state follows") {
        f.situation->set_watcher("aide", WatcherState::blind);
        f.situation->touch();
        f.loop.run_posted();
        CHECK(f.told == std::vector<std::string>{"changed, degraded"});
        f.situation->touch();
        f.loop.run_posted();
        CHECK(f.told.back() == "touched, degraded");
    }
    SECTION("where its state follows and the store refuses") {
        f.store.failure_ = Error{"disk is full", ENOSPC};
        f.see();
        f.told.clear();
        f.situation->touch();
        f.situation->set_watcher("aide", WatcherState::blind);
        f.loop.run_posted();
        CHECK(f.told == std::vector<std::string>{"changed, violated"});
    }
}

TEST_CASE("a change that weighs a violation anew says what it was") {
    Fixture f(60s);
    f.see();
    f.situation->configure(
        {.violated_at = Severity::high, .flush_repeats = 60s, .rules = {{.name = "known", .severity = Severity::low}}});
    f.see();
    const auto changed = std::ranges::find(f.store.events_, EventType::changed, &Event::type);
    REQUIRE(changed != f.store.events_.end());
    CHECK(changed->violation->severity == Severity::low);
    CHECK(changed->data == ValueMap{{"old_severity", Value("high")}});
}

TEST_CASE("a repeat costs no write before its time") {
    Fixture f(60s);
    f.see();
    const auto before = f.store.commits_;
    f.see();
    f.see();
    CHECK(f.store.commits_ == before);
    f.loop.advance(60s);
    CHECK(f.store.commits_ == before + 1);
    CHECK(f.stored_count() == 3);
}

TEST_CASE("what is kept is known at once, and is stored as late as a repeat") {
    Fixture f(60s);
    f.store.facts_["cursor"] = "16";
    CHECK(f.situation->kept("cursor") == "16");
    const auto before = f.store.commits_;
    f.situation->keep("cursor", "17");
    f.loop.run_posted();
    CHECK(f.situation->kept("cursor") == "17");
    CHECK(f.store.commits_ == before);
    SECTION("also where the store refuses it") {
        f.store.failure_ = Error{"disk is full", ENOSPC};
        f.loop.advance(61s);
        REQUIRE_FALSE(f.situation->writable());
        CHECK(f.situation->kept("cursor") == "17");
    }
    f.store.failure_.reset();
    f.loop.advance(61s);
    CHECK(f.store.facts_["cursor"] == "17");
    CHECK(f.situation->kept("cursor") == "17");
}

TEST_CASE("where repeats do not wait each is written") {
    Fixture f(0s);
    f.see();
    const auto before = f.store.commits_;
    f.see();
    CHECK(f.store.commits_ == before + 1);
    CHECK(f.stored_count() == 2);
}

TEST_CASE("the verdict does not wait for a full disk, the events do [REQ-5] [REQ-22]") {
    Fixture f(60s);
    f.types.clear();
    f.store.failure_ = Error{"no space left", ENOSPC};
    f.see();
    CHECK(f.situation->judgement().verdict == Verdict::violated);
    CHECK(f.types.empty());
    CHECK(f.failures == 1);
    CHECK(f.situation->pending() > 0);
    f.store.failure_.reset();
    f.loop.advance(5s);
    CHECK(f.situation->pending() == 0);
    CHECK(f.types.front() == "raised");
    CHECK(f.failures == 1);
    CHECK(f.situation->ledger().entries().size() == 2);  // that it could not be stored has returned, unseen
}

TEST_CASE("what waits to be told for the first time goes into a new store with its event, not ahead of it [REQ-23]") {
    Fixture f(60s);
    f.see();
    f.store.failure_ = Error{"full", ENOSPC};
    Observation other{.kind = &kinds::aide_entry_changed, .subject = "/etc/group"};
    f.situation->report(other);
    f.loop.run_posted();
    CHECK(f.situation->ledger().entries().size() == 3);  // and that the store cannot be written
    const auto told = f.situation->told_entries();
    REQUIRE(told.size() == 1);
    CHECK(told.front().violation.subject == "/etc/passwd");
    f.store.failure_.reset();
    f.situation->flush();
    CHECK(f.situation->told_entries().size() == f.situation->ledger().entries().size());
}

TEST_CASE("a store that refuses is asked again when its time has come, not whenever something happens [REQ-22]") {
    Fixture f(60s);
    f.store.failure_ = Error{"no space left", ENOSPC};
    f.see();
    const auto before = f.store.attempts_;
    for (int i = 0; i < 100; ++i) {
        f.situation->notice("notify.tested", {});
        f.loop.run_posted();
    }
    CHECK(f.store.attempts_ == before);
    f.loop.advance(5s);
    CHECK(f.store.attempts_ == before + 1);
    f.situation->flush();  // somebody waits for it
    CHECK(f.store.attempts_ == before + 2);
    CHECK_FALSE(f.situation->writable());
    f.store.failure_.reset();
    f.situation->flush();
    CHECK(f.situation->writable());
    CHECK(f.situation->pending() > 0);  // that the store can be written again, which was drafted just now
    f.loop.advance(0s);
    CHECK(f.situation->pending() == 0);
}

namespace {

void see(Fixture& f, const Kind& kind, const std::string& subject, Severity severity) {
    Observation seen{.kind = &kind, .subject = subject};
    seen.severity = severity;
    f.situation->report(seen);
    f.loop.run_posted();
}

void fill_ledger(Fixture& f) {
    for (std::size_t i = 0; i < max_ledger_entries; ++i) {
        Observation seen{.kind = &kinds::aide_entry_changed, .subject = std::to_string(i)};
        seen.severity = Severity::low;
        f.situation->report(seen);
    }
    f.loop.run_posted();
}

const Violation* overflow(const Fixture& f, std::string_view subject) {
    return f.situation->ledger().present(kinds::self_queue_overflow, subject);
}

}  // namespace

TEST_CASE("what found no room weighs as much as the gravest of it until somebody acknowledges it [REQ-2] [REQ-31]") {
    Fixture f(60s);
    fill_ledger(f);
    see(f, kinds::aide_entry_changed, "/boot/vmlinuz", Severity::critical);
    REQUIRE(overflow(f, "ledger") != nullptr);
    CHECK(overflow(f, "ledger")->severity == Severity::critical);
    see(f, kinds::aide_entry_changed, "/tmp/x", Severity::low);
    CHECK(overflow(f, "ledger")->severity == Severity::critical);
    CHECK(f.situation->judgement().verdict == Verdict::violated);
    REQUIRE(f.situation->acknowledge({overflow(f, "ledger")->id}, {}, ""));
    see(f, kinds::aide_entry_changed, "/tmp/y", Severity::low);
    CHECK(overflow(f, "ledger")->severity == kinds::self_queue_overflow.severity);
}

TEST_CASE("what goes on finding no room is counted exactly, and told as late as a repeat [REQ-21] [REQ-31]") {
    Fixture f(60s);
    fill_ledger(f);
    see(f, kinds::aide_entry_changed, "/tmp/0", Severity::low);
    const auto told = f.store.last_sequence();
    for (int i = 1; i < 500; ++i)
        see(f, kinds::aide_entry_changed, "/tmp/" + std::to_string(i), Severity::low);
    CHECK(f.store.last_sequence() == told);
    f.loop.advance(60s);
    CHECK(f.store.last_sequence() == told + 1);
    CHECK(overflow(f, "ledger")->details.at("refused") == Value(std::uint64_t{500}));
    see(f, kinds::aide_entry_changed, "/tmp/500", Severity::low);
    f.situation->flush();
    CHECK(overflow(f, "ledger")->details.at("refused") == Value(std::uint64_t{501}));
}

TEST_CASE("what was folded cannot be acknowledged any more, and what stands for it is named [REQ-21]") {
    Fixture f(60s);
    see(f, kinds::audit_log_gap, "/var/log/audit/audit.log", Severity::critical);
    const std::uint64_t gap = f.situation->ledger().entries().begin()->first;
    f.situation->fold([](const Violation&) { return false; });
    f.loop.run_posted();
    REQUIRE(f.situation->ledger().find(gap) == nullptr);
    const auto* const fold = f.situation->ledger().present(kinds::self_queue_overflow, "folded");
    REQUIRE(fold != nullptr);
    const std::uint64_t id = fold->id;

    const auto refused = f.situation->acknowledge({id, gap}, {}, "seen");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ENOENT);
    CHECK(refused.error().message.find("violation " + std::to_string(id)) != std::string::npos);
    CHECK(f.situation->ledger().find(id) != nullptr);
    CHECK(f.situation->acknowledge({id}, {}, "seen"));
    f.loop.run_posted();
    CHECK(f.situation->ledger().find(id) == nullptr);
    CHECK(f.situation->acknowledge({id}, {}, "once more"));  // resolved, and known
    CHECK_FALSE(f.situation->acknowledge({id + 1}, {}, "never given out"));
}

TEST_CASE("what is acknowledged twice while the store refuses is not unknown [REQ-22]") {
    Fixture f(60s);
    f.store.failure_ = Error{"no space left", ENOSPC};
    see(f, kinds::audit_log_gap, "/var/log/audit/audit.log", Severity::critical);
    const std::uint64_t gap = f.situation->ledger().entries().begin()->first;
    CHECK(f.situation->acknowledge({gap}, {}, "seen"));
    REQUIRE(f.situation->ledger().find(gap) == nullptr);
    CHECK(f.situation->acknowledge({gap}, {}, "seen"));
}

TEST_CASE("what follows from what was told is stored before the last word of a run [REQ-14]") {
    Fixture f(60s);
    f.store.failure_ = Error{"no space left", ENOSPC};
    see(f, kinds::aide_check_overdue, "aide", Severity::low);
    REQUIRE(f.situation->judgement().verdict == Verdict::degraded);  // by the store alone
    f.store.failure_.reset();
    f.situation->settle();
    CHECK(f.situation->pending() == 0);
    f.situation->notice("self.stopped", {});
    f.situation->flush();
    CHECK(f.store.events_.back().type == EventType::notice);
    f.loop.advance(0s);
    CHECK(f.store.events_.back().type == EventType::notice);
}

TEST_CASE("what is spared is not folded [REQ-9] [REQ-21]") {
    Fixture f(60s);
    for (const char* subject : {"/etc/passwd", "/etc/motd"}) {
        see(f, kinds::aide_entry_changed, subject, Severity::high);
        f.situation->clear(kinds::aide_entry_changed, subject);
    }
    const auto has = [&f](const std::string& subject) {
        return std::ranges::any_of(f.situation->ledger().entries(),
                                   [&subject](const auto& entry) { return entry.second.violation.subject == subject; });
    };
    f.situation->fold([](const Violation& violation) { return violation.subject == "/etc/passwd"; });
    CHECK(has("/etc/passwd"));
    CHECK_FALSE(has("/etc/motd"));
    CHECK(overflow(f, "folded") != nullptr);
}
