#include "state/situation.hpp"

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
    std::unique_ptr<Situation> situation = make();

private:
    std::unique_ptr<Situation> make() {
        auto opened = Situation::open(loop, clock, store,
                                      {.stored =
                                           [this](std::span<const Event> events) {
                                               for (const Event& event : events)
                                                   types.emplace_back(to_string(event.type));
                                           },
                                       .changed = [] {},
                                       .unwritable = [this](const Error&) { ++failures; }});
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
