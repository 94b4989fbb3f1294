#include "state/store.hpp"

#include <filesystem>
#include <limits>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "core/canonical_json.hpp"
#include "core/digest.hpp"
#include "support/sample_events.hpp"
#include "support/stores.hpp"
#include "support/temporary_directory.hpp"

using namespace integrityd;
using test::opened;
using test::sample_draft;
using test::sample_entry;

namespace {

// Appends events about the violations first..last, each raised.
void raise(Store& store, std::uint64_t first, std::uint64_t last) {
    std::vector<EventDraft> drafts;
    std::vector<LedgerEntry> entries;
    for (std::uint64_t id = first; id <= last; ++id) {
        drafts.push_back(sample_draft(id));
        entries.push_back(sample_entry(id));
    }
    REQUIRE(store.append(drafts, entries).ok());
}

void resolve(Store& store, std::uint64_t first, std::uint64_t last) {
    std::vector<EventDraft> drafts;
    for (std::uint64_t id = first; id <= last; ++id)
        drafts.push_back(sample_draft(id, EventType::resolved));
    REQUIRE(store.append(drafts, {}).ok());
}

std::vector<std::uint64_t> ids_of(const std::vector<LedgerEntry>& entries) {
    std::vector<std::uint64_t> ids;
    for (const LedgerEntry& entry : entries)
        ids.push_back(entry.violation.id);
    return ids;
}

}  // namespace

TEST_CASE("events get consecutive numbers and hashes that anyone can recompute [REQ-19]") {
    const test::TemporaryDirectory directory;
    const auto store = opened(directory.path());
    CHECK(store->last_sequence() == 0);
    CHECK(store->head_hash() == std::string(64, '0'));
    std::string before(32, '\0');
    std::uint64_t sequence = 0;
    for (int batch = 0; batch < 3; ++batch) {
        const auto stored = store->append({sample_draft(1), sample_draft(2)}, {});
        REQUIRE(stored.ok());
        for (const Event& event : *stored) {
            CHECK(event.sequence == ++sequence);
            CHECK(event.stream == store->stream());
            CHECK(event.hash == sha256_hex(before + canonical_json(event)));
            before = *from_hex(event.hash);
        }
    }
    CHECK(store->last_sequence() == 6);
    CHECK(store->head_hash() == to_hex(before));
}

TEST_CASE("what was stored is there after opening again") {
    const test::TemporaryDirectory directory;
    std::string stream;
    std::string head;
    {
        const auto store = opened(directory.path());
        raise(*store, 1, 5);
        resolve(*store, 2, 2);
        REQUIRE(store->set_marks({{"journal", 4}, {"syslog", 2}}).ok());
        REQUIRE(store->set_fact("name", "value").ok());
        stream = store->stream();
        head = store->head_hash();
    }
    StoreOpening opening;
    const auto store = opened(directory.path(), &opening);
    CHECK(opening.damage.empty());
    CHECK(store->stream() == stream);
    CHECK(store->head_hash() == head);
    CHECK(store->last_sequence() == 6);
    CHECK(store->next_id() == 6);
    CHECK(store->mark("journal") == 4);
    CHECK_FALSE(store->mark("bus"));
    CHECK(store->fact("name") == "value");
    CHECK_FALSE(store->fact("other"));
    const auto entries = store->load_entries();
    REQUIRE(entries.ok());
    CHECK(ids_of(*entries) == std::vector<std::uint64_t>{1, 3, 4, 5});
    CHECK(canonical_json(entries->at(1).violation) == canonical_json(test::sample_violation(3)));
    CHECK(entries->at(1).evidence_digest == std::string(64, 'e'));
    CHECK(store->violation(2)->value().state == ViolationState::resolved);
    CHECK_FALSE(store->violation(7)->has_value());
}

TEST_CASE("an entry alone is stored without an event, keeps its nature, and a folded one is forgotten") {
    const test::TemporaryDirectory directory;
    auto store = opened(directory.path());
    LedgerEntry happening = sample_entry(1);
    happening.nature = Nature::happening;
    happening.violation.kind = "a.kind.that.this.version.does.not.know";
    REQUIRE(store->append({sample_draft(1), sample_draft(2)}, {happening, sample_entry(2)}).ok());
    happening.violation.count = 9;
    const auto stored = store->append({}, {happening});
    REQUIRE(stored.ok());
    CHECK(stored->empty());
    CHECK(store->last_sequence() == 2);
    // An event without the ledger's side leaves that side as it was.
    REQUIRE(store->append({sample_draft(2, EventType::changed)}, {}).ok());

    store.reset();
    store = opened(directory.path());
    auto entries = store->load_entries();
    REQUIRE(entries->size() == 2);
    CHECK(entries->at(0).violation.count == 9);
    CHECK(entries->at(0).nature == Nature::happening);
    CHECK(entries->at(1).evidence_digest == std::string(64, 'e'));
    CHECK(entries->at(1).nature == Nature::condition);

    entries->at(1).folded = true;
    REQUIRE(store->append({}, {entries->at(1)}).ok());
    CHECK_FALSE(store->violation(2)->has_value());
    CHECK(store->next_id() == 3);
}

TEST_CASE("events are read in pages, and what was pruned is counted [REQ-7] [REQ-21]") {
    const test::TemporaryDirectory directory;
    const auto store = opened(directory.path(), nullptr, {.keep = 1});
    raise(*store, 1, 2000);
    const auto page = store->events(10, 5);
    REQUIRE(page.ok());
    CHECK(page->pruned == 0);
    REQUIRE(page->events.size() == 5);
    CHECK(page->events.front().sequence == 11);
    CHECK(page->events.front().hash ==
          sha256_hex(*from_hex(store->events(9, 1)->events.at(0).hash) + store->canonical_lines(10, 1)->at(0)));
    CHECK(store->events(2000, 5)->events.empty());
    // About 1 MiB at most.
    const auto whole = store->events(0, 100'000);
    CHECK(whole->events.size() > 500);
    CHECK(whole->events.size() < 2000);

    const WallTime later = sample_draft(600).time + 1 + 1;
    std::uint64_t pruned = 0;
    for (auto step = store->prune(later); *step > 0; step = store->prune(later))
        pruned += *step;
    CHECK(pruned == 600);
    CHECK(store->events(0, 1)->pruned == 600);
    CHECK(store->events(590, 1)->pruned == 10);
    CHECK(store->events(600, 1)->pruned == 0);
    CHECK(store->events(0, 1)->events.at(0).sequence == 601);
    const auto lines = store->canonical_lines(0, 2);
    REQUIRE(lines->size() == 3);
    CHECK(lines->at(0).starts_with("# "));
    const std::string before = *from_hex(std::string_view(lines->at(0)).substr(2));
    CHECK(sha256_hex(before + lines->at(1)) == store->events(600, 1)->events.at(0).hash);
    CHECK(store->canonical_lines(600, 2)->at(0).starts_with("{"));
    CHECK(test::verified(*store).intact);
}

TEST_CASE("after the largest number there is nothing", "[REQ-7]") {
    const test::TemporaryDirectory directory;
    const auto store = opened(directory.path());
    raise(*store, 1, 3);
    constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
    CHECK(store->events(largest, 10)->events.empty());
    CHECK(store->canonical_lines(largest, 10)->empty());
    CHECK(store->violations(largest, 10, {.state = "all"})->empty());
}

TEST_CASE("violations are read in pages by a filter") {
    const test::TemporaryDirectory directory;
    const auto store = opened(directory.path());
    raise(*store, 1, 20);
    resolve(*store, 5, 8);
    const auto found = store->violations(5, 2, {.state = "resolved"});
    REQUIRE(found->size() == 2);
    CHECK(found->at(0).id == 6);
    CHECK(found->at(1).id == 7);
    CHECK(store->violations(0, 100, {.state = "all"})->size() == 20);
    CHECK(store->violations(20, 100, {.state = "all"})->empty());
    CHECK(store->violations(0, 100, {})->size() == 16);
    CHECK(store->violations(0, 100, {.state = "open"})->size() == 16);
    CHECK(store->violations(0, 100, {.state = "returned"})->empty());
    CHECK(store->violations(0, 100, {.source = "aide", .kind = "aide.entry.changed"})->size() == 16);
    CHECK(store->violations(0, 100, {.source = "tls"})->empty());
    CHECK(store->violations(0, 100, {.kind = "aide.entry"})->empty());
    CHECK(store->violations(0, 100, {.severity = Severity::medium})->size() == 16);
    CHECK(store->violations(0, 100, {.severity = Severity::critical})->empty());
}

TEST_CASE("a page of violations is about 1 MiB at most, and the next one goes on [REQ-31]") {
    const test::TemporaryDirectory directory;
    const auto store = opened(directory.path());
    for (std::uint64_t id = 1; id <= 60; ++id) {
        LedgerEntry large = sample_entry(id);
        large.violation.details["text"] = std::string(60'000, 'x');
        REQUIRE(store->append({}, {large}).ok());
    }
    std::size_t pages = 0;
    std::uint64_t last = 0;
    for (auto page = store->violations(0, 1000, {}); !page->empty(); page = store->violations(last, 1000, {})) {
        CHECK(page->size() <= 18);
        CHECK(page->front().id == last + 1);
        last = page->back().id;
        ++pages;
    }
    CHECK(last == 60);
    CHECK(pages == 4);
}

TEST_CASE("what a search cannot find is not read [REQ-31]") {
    Violation violation = test::sample_violation(1);
    violation.details["source"] = "tls";
    const std::string stored = canonical_json(violation);
    const auto passes = [&stored](const ViolationFilter& filter) { return ViolationSieve(filter).passes(stored); };
    CHECK(passes({}));
    CHECK(passes({.source = "aide", .kind = "aide.entry.changed", .severity = Severity::high, .state = "open"}));
    CHECK(passes({.state = "all"}));
    CHECK(passes({.source = "tls"}));  // may match, which reading it decides
    CHECK_FALSE(matches({.source = "tls"}, violation));
    CHECK_FALSE(passes({.source = "audit"}));
    CHECK_FALSE(passes({.kind = "aide.entry"}));
    CHECK_FALSE(passes({.severity = Severity::critical}));
    CHECK_FALSE(passes({.state = "returned"}));
    CHECK_FALSE(passes({.source = "\"},\x01"}));
}

TEST_CASE("pruning by size takes the oldest and what is resolved, never what is not [REQ-21]") {
    const test::TemporaryDirectory directory;
    const auto store = opened(directory.path(), nullptr, {.max_size = 1U << 20});
    raise(*store, 1, 1000);
    resolve(*store, 1, 900);
    CHECK_FALSE(store->crowded());
    std::uint64_t pruned = 0;
    for (auto step = store->prune(0); *step > 0; step = store->prune(0)) {
        CHECK(*step <= 500);
        pruned += *step;
    }
    CHECK(pruned >= 1000);
    CHECK(store->last_sequence() == 1900);
    CHECK(store->events(0, 1)->pruned == pruned);
    CHECK(store->load_entries()->size() == 100);
    CHECK(test::verified(*store).intact);
    CHECK_FALSE(store->crowded());
    // What is not resolved is beyond the limit alone: that is for the ledger to fold.
    raise(*store, 2001, 3500);
    for (auto step = store->prune(0); *step > 0; step = store->prune(0))
        pruned += *step;
    CHECK(store->crowded());
    CHECK(store->load_entries()->size() == 1600);
}

TEST_CASE("other limits hold from the next pruning on [REQ-21]") {
    const test::TemporaryDirectory directory;
    const auto store = opened(directory.path(), nullptr, {.max_size = 32U << 20});
    raise(*store, 1, 1000);
    resolve(*store, 1, 1000);
    CHECK(*store->prune(0) == 0);
    store->set_limits(1U << 20, 0);
    CHECK(*store->prune(0) == 500);
    store->set_limits(32U << 20, 0);
    CHECK(*store->prune(0) == 0);
    store->set_limits(32U << 20, 1);
    CHECK(*store->prune(1'900'000'000'000'000) == 500);
}

TEST_CASE("an event whose clock was not synchronised is not old by its date [REQ-24]") {
    const ClockState state = GENERATE(ClockState::unset, ClockState::unsynchronised);
    const test::TemporaryDirectory directory;
    const auto store = opened(directory.path(), nullptr, {.keep = 1000});
    EventDraft wrong = sample_draft(1);
    wrong.clock = state;
    wrong.time = 5;
    REQUIRE(store->append({wrong}, {}).ok());
    raise(*store, 2, 300);
    CHECK(*store->prune(sample_draft(1).time) == 0);
    CHECK(*store->prune(sample_draft(2).time + 1001) == 2);
    CHECK(store->last_sequence() == 300);
}

TEST_CASE("however late it seems to be, the last events are kept [REQ-21] [REQ-24]") {
    const test::TemporaryDirectory directory;
    const auto store = opened(directory.path(), nullptr, {.keep = 1000});
    raise(*store, 1, 255);
    constexpr WallTime late = 4'000'000'000'000'000;  // 2096
    CHECK(*store->prune(late) == 0);
    raise(*store, 256, 1000);
    std::uint64_t pruned = 0;
    for (auto step = store->prune(late); *step > 0; step = store->prune(late))
        pruned += *step;
    CHECK(pruned == 1000 - 256);
    CHECK(test::verified(*store).intact);
}

TEST_CASE("a chain that was pruned goes on where it was [REQ-19]") {
    const test::TemporaryDirectory directory;
    std::string head;
    {
        const auto store = opened(directory.path(), nullptr, {.keep = 1});
        raise(*store, 1, 300);
        head = store->head_hash();
        CHECK(*store->prune(sample_draft(900).time) == 44);
    }
    const auto store = opened(directory.path());
    CHECK(store->last_sequence() == 300);
    CHECK(store->head_hash() == head);
    CHECK(store->next_id() == 301);
    raise(*store, 301, 301);
    CHECK(test::verified(*store).intact);
    CHECK(store->events(300, 9)->events.at(0).hash ==
          sha256_hex(*from_hex(head) + store->canonical_lines(300, 1)->at(0)));
}

TEST_CASE("the chain can be checked in steps while events arrive") {
    const test::TemporaryDirectory directory;
    const auto store = opened(directory.path());
    ChainCheck check;
    std::uint64_t position = 0;
    std::string hash;
    CHECK(*store->verify_step(check, position, hash, 10));
    CHECK(check.intact);
    raise(*store, 1, 25);
    check = {};
    position = 0;
    hash.clear();
    CHECK_FALSE(*store->verify_step(check, position, hash, 10));
    raise(*store, 26, 30);
    CHECK_FALSE(*store->verify_step(check, position, hash, 10));
    CHECK(*store->verify_step(check, position, hash, 10));
    CHECK(check.intact);
    CHECK(check.checked == 30);
    CHECK(check.detail == store->head_hash());
}

TEST_CASE("the store's files are for their owner alone, and a second daemon is refused [REQ-28]") {
    const test::TemporaryDirectory directory;
    const std::string state = directory / "state";
    const auto store = opened(state);
    raise(*store, 1, 1);
    struct stat status {};
    REQUIRE(stat(state.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0700);
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(state)) {
        INFO(entry.path().string());
        REQUIRE(stat(entry.path().c_str(), &status) == 0);
        CHECK((status.st_mode & 0777) == 0600);
        ++files;
    }
    CHECK(files == 4);  // store.db, its log, highwater, reserve
    StoreOpening opening;
    const auto second = open_store({.directory = state}, opening);
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().code == EBUSY);
    CHECK(opening.damage.empty());
}
