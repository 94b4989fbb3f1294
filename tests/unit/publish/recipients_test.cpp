#include "publish/recipients.hpp"

#include <cerrno>

#include <catch2/catch.hpp>

#include "support/fake_loop.hpp"
#include "support/fakes.hpp"
#include "support/memory_store.hpp"

using namespace integrityd;
using namespace integrityd::test;
using namespace std::chrono_literals;

namespace {

struct FakePublisher final : Publisher {
    Result<void> publish(const Event& event) override {
        if (failure) return *failure;
        got.push_back(event.sequence);
        return {};
    }
    std::vector<std::uint64_t> got;
    std::optional<Error> failure;
};

struct Fixture {
    FakeLoop loop;
    FakeClock clock;
    MemoryStore store;
    std::vector<std::string> told;
    std::unique_ptr<Recipients> recipients = make();

    std::unique_ptr<Recipients> make() {
        return std::make_unique<Recipients>(
            loop, store, clock,
            Recipients::Callbacks{
                .reachability = [this](const RecipientConfig& config,
                                       const std::string& reason) { told.push_back(config.name + ":" + reason); },
                .lost =
                    [this](const RecipientConfig& config, std::uint64_t pruned) {
                        told.push_back(config.name + " lost " + std::to_string(pruned));
                    }});
    }
    std::shared_ptr<FakePublisher> add(const RecipientConfig& config) {
        auto publisher = std::make_shared<FakePublisher>();
        recipients->add(config, publisher);
        return publisher;
    }
    void happen(Severity severity = Severity::high, const std::string& source = "aide") {
        EventDraft draft;
        draft.type = EventType::raised;
        draft.violation = Violation{.id = 1, .kind = "k", .source = source, .severity = severity};
        const auto events = store.append({draft}, {});
        recipients->deliver(*events);
    }
};

}  // namespace

TEST_CASE("each recipient gets every event once and in order [REQ-4]") {
    Fixture f;
    const auto one = f.add({.name = "one"});
    const auto two = f.add({.name = "two"});
    for (int i = 0; i < 3; ++i)
        f.happen();
    CHECK(one->got == std::vector<std::uint64_t>{1, 2, 3});
    CHECK(two->got == one->got);
}

TEST_CASE("a recipient that fails is caught up in order, and holds up nobody [REQ-4]") {
    Fixture f;
    const auto good = f.add({.name = "good"});
    const auto bad = f.add({.name = "bad"});
    bad->failure = Error{"nobody listens", ECONNREFUSED};
    f.happen();
    f.happen();
    CHECK(good->got.size() == 2);
    CHECK(bad->got.empty());
    CHECK(f.told == std::vector<std::string>{"bad:nobody listens"});
    bad->failure.reset();
    f.happen();
    CHECK(bad->got.empty());  // not before the older ones
    f.loop.advance(1s);
    CHECK(bad->got == std::vector<std::uint64_t>{1, 2, 3});
    CHECK(f.told.back() == "bad:");
}

TEST_CASE("tries become rarer while a recipient fails, up to a minute") {
    Fixture f;
    const auto bad = f.add({.name = "bad"});
    bad->failure = Error{"no", ECONNREFUSED};
    f.happen();
    f.loop.advance(500s);
    bad->failure.reset();
    f.loop.advance(60s);
    CHECK(bad->got == std::vector<std::uint64_t>{1});
    CHECK(f.told.size() == 2);  // once down, once up, however often it was tried
}

TEST_CASE("a queue that is full for a moment is no outage") {
    Fixture f;
    const auto busy = f.add({.name = "busy"});
    busy->failure = Error{"full", EAGAIN};
    f.happen();
    f.loop.advance(1s);
    busy->failure.reset();
    f.loop.advance(2s);
    CHECK(busy->got == std::vector<std::uint64_t>{1});
    CHECK(f.told.empty());
}

TEST_CASE("a bus that we are not on yet is no outage either") {
    Fixture f;
    const auto bus = f.add({.name = "bus", .type = RecipientType::dbus, .required = true});
    bus->failure = Error{"there is no bus", ENOTCONN};
    f.happen();
    CHECK(f.told.empty());
    bus->failure.reset();
    f.recipients->retry(RecipientType::dbus);
    f.loop.advance(0s);
    CHECK(bus->got == std::vector<std::uint64_t>{1});
    CHECK(f.told.empty());

    bus->failure = Error{"there is no bus", ENOTCONN};
    f.happen();
    f.loop.advance(10s);
    CHECK(f.told == std::vector<std::string>{"bus:there is no bus"});
}

TEST_CASE("a restarted daemon goes on at the mark [REQ-4]") {
    Fixture f;
    f.add({.name = "journal"});
    f.happen();
    f.recipients->save_marks();
    f.recipients = nullptr;
    f.recipients = f.make();
    const auto before = f.store.append({EventDraft{}}, {});  // stored, and then the daemon died
    REQUIRE(before);
    const auto journal = f.add({.name = "journal"});
    f.loop.advance(0s);
    CHECK(journal->got == std::vector<std::uint64_t>{2});
}

TEST_CASE("a recipient that is new begins with what comes") {
    Fixture f;
    f.happen();
    const auto fresh = f.add({.name = "new"});
    f.loop.advance(1s);
    CHECK(fresh->got.empty());
    f.happen();
    CHECK(fresh->got == std::vector<std::uint64_t>{2});
}

TEST_CASE("a mark of numbers that are lost does not make a recipient deaf [REQ-4] [REQ-23]") {
    Fixture f;
    f.happen();
    f.store.marks_["journal"] = 900;
    const auto journal = f.add({.name = "journal"});
    f.happen();
    CHECK(journal->got == std::vector<std::uint64_t>{2});
}

TEST_CASE("what was pruned before a recipient had it is told with the exact number", "[REQ-4][REQ-21]") {
    Fixture f;
    const auto slow = f.add({.name = "slow"});
    slow->failure = Error{"no", ECONNREFUSED};
    for (int i = 0; i < 5; ++i)
        f.happen();
    f.store.prune_to(3);
    slow->failure.reset();
    f.loop.advance(1s);
    CHECK(slow->got == std::vector<std::uint64_t>{4, 5});
    CHECK(std::ranges::find(f.told, "slow lost 3") != f.told.end());
}

TEST_CASE("a recipient gets what it asked for, and its mark passes over the rest [REQ-3]") {
    Fixture f;
    const auto picky = f.add({.name = "picky", .min_severity = Severity::critical, .sources = {"audit"}});
    f.happen(Severity::critical, "aide");
    f.happen(Severity::high, "audit");
    f.happen(Severity::critical, "audit");
    CHECK(picky->got == std::vector<std::uint64_t>{3});
    CHECK(f.recipients->find("picky")->mark == 3);
}

TEST_CASE("a recipient hears of the change that makes a violation too light for it [REQ-3]") {
    const RecipientConfig weighty{.name = "weighty", .min_severity = Severity::high, .sources = {"aide"}};
    Event event;
    event.type = EventType::changed;
    event.violation = Violation{.id = 1, .kind = "k", .source = "aide", .severity = Severity::low};
    CHECK_FALSE(wanted(weighty, event));
    event.data["old_severity"] = "medium";
    CHECK_FALSE(wanted(weighty, event));
    event.data["old_severity"] = "high";
    CHECK(wanted(weighty, event));
    event.violation->source = "tls";
    CHECK_FALSE(wanted(weighty, event));
}

TEST_CASE("verdicts reach everybody, notices those who want small things, a test its recipient") {
    const RecipientConfig weighty{.name = "weighty", .min_severity = Severity::high};
    const RecipientConfig all{.name = "all"};
    Event event;
    event.type = EventType::verdict;
    CHECK(wanted(weighty, event));
    event.type = EventType::notice;
    CHECK_FALSE(wanted(weighty, event));
    CHECK(wanted(all, event));
    event.data["recipient"] = "weighty";
    CHECK(wanted(weighty, event));
    CHECK_FALSE(wanted(all, event));
}
