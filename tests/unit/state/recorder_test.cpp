#include "state/recorder.hpp"

#include <cerrno>

#include <catch2/catch.hpp>

#include "support/memory_store.hpp"
#include "support/sample_events.hpp"

using namespace integrityd;
using test::sample_draft;
using test::sample_entry;

namespace {

struct Told {
    std::vector<std::uint64_t> stored;  // sequences
    std::vector<int> failures;          // errno values
    std::vector<std::uint64_t> dropped;

    Recorder::Callbacks callbacks() {
        return {.stored =
                    [this](std::span<const Event> events) {
                        for (const Event& event : events)
                            stored.push_back(event.sequence);
                    },
                .unwritable = [this](const Error& error) { failures.push_back(error.code); },
                .writable = [this](std::uint64_t count) { dropped.push_back(count); }};
    }
};

}  // namespace

TEST_CASE("everything pending is one batch, and is told after it is stored [REQ-5]") {
    test::MemoryStore store;
    Told told;
    Recorder recorder(store, told.callbacks());
    CHECK(recorder.flush());
    CHECK(store.commits_ == 0);
    const LedgerEntry entry = sample_entry(1);
    recorder.add(sample_draft(1), &entry);
    recorder.add(sample_draft(1, EventType::changed), &entry);
    recorder.add_repeats({sample_entry(2)});
    CHECK(recorder.pending() == 2);
    CHECK(told.stored.empty());
    CHECK(recorder.flush());
    CHECK(store.commits_ == 1);
    CHECK(told.stored == std::vector<std::uint64_t>{1, 2});
    CHECK(store.saved_entries_.size() == 2);
    CHECK(recorder.pending() == 0);
    CHECK(told.dropped.empty());
}

TEST_CASE("what is kept goes with the batch before it, and waits with it") {
    test::MemoryStore store;
    Told told;
    Recorder recorder(store, told.callbacks());
    recorder.add(sample_draft(1));
    recorder.keep("cursor.audit", "one");
    CHECK_FALSE(store.fact("cursor.audit"));
    CHECK(recorder.flush());
    CHECK(store.fact("cursor.audit") == "one");
    CHECK(store.commits_ == 1);
    recorder.keep("cursor.audit", "two");
    CHECK(recorder.flush());
    CHECK(store.fact("cursor.audit") == "two");
    CHECK(store.commits_ == 2);
}

TEST_CASE("while the store refuses, drafts wait and are stored in order later [REQ-22]") {
    test::MemoryStore store;
    Told told;
    Recorder recorder(store, told.callbacks());
    store.failure_ = Error{"full", ENOSPC};
    recorder.add(sample_draft(1));
    CHECK_FALSE(recorder.flush());
    CHECK_FALSE(recorder.writable());
    recorder.add(sample_draft(2));
    CHECK_FALSE(recorder.flush());
    CHECK(told.failures == std::vector<int>{ENOSPC, ENOSPC});
    CHECK(told.stored.empty());
    CHECK(recorder.pending() == 2);
    store.failure_.reset();
    CHECK(recorder.flush());
    CHECK(recorder.writable());
    CHECK(told.dropped == std::vector<std::uint64_t>{0});
    CHECK(told.stored == std::vector<std::uint64_t>{1, 2});
    CHECK(store.events_.at(0).violation->id == 1);
    CHECK(store.events_.at(1).violation->id == 2);
}

TEST_CASE(
    "beyond its limit the newest drafts are dropped and counted exactly, and last states kept [REQ-22] [REQ-31]") {
    test::MemoryStore store;
    Told told;
    Recorder recorder(store, told.callbacks(), 20'000);
    store.failure_ = Error{"full", ENOSPC};
    recorder.add(sample_draft(1));
    CHECK_FALSE(recorder.flush());
    for (std::uint64_t id = 2; id <= 100; ++id) {
        const LedgerEntry entry = sample_entry(id);
        recorder.add(sample_draft(id), &entry);
    }
    recorder.add(sample_draft(1, EventType::resolved));
    const std::uint64_t dropped = recorder.dropped();
    CHECK(dropped > 0);
    CHECK(recorder.pending() + dropped == 101);
    store.failure_.reset();
    CHECK(recorder.flush());
    CHECK(told.dropped == std::vector<std::uint64_t>{dropped});
    CHECK(told.stored.size() == 101 - dropped);
    CHECK(store.events_.front().violation->id == 1);
    // The violations' last states are all there, also of those whose events were dropped.
    REQUIRE(store.saved_entries_.size() == 100);
    CHECK(store.saved_entries_.front().violation.state == ViolationState::resolved);
    CHECK(recorder.dropped() == 0);
}

TEST_CASE("what a callback adds belongs to the next flush") {
    test::MemoryStore store;
    Told told;
    Recorder* itself = nullptr;
    Recorder::Callbacks callbacks = told.callbacks();
    callbacks.unwritable = [&](const Error&) { itself->add(sample_draft(50)); };
    callbacks.writable = [&](std::uint64_t) { itself->add(sample_draft(60)); };
    Recorder recorder(store, callbacks);
    itself = &recorder;
    store.failure_ = Error{"read-only", EROFS};
    recorder.add(sample_draft(1));
    CHECK_FALSE(recorder.flush());
    store.failure_.reset();
    CHECK_FALSE(recorder.flush());
    CHECK(told.stored == std::vector<std::uint64_t>{1, 2});
    CHECK(recorder.pending() == 1);
    CHECK(recorder.flush());
    CHECK(store.events_.back().violation->id == 60);
}

TEST_CASE("what is pending goes to the store that follows a damaged one [REQ-23]") {
    test::MemoryStore damaged;
    test::MemoryStore next;
    Told told;
    Recorder recorder(damaged, told.callbacks());
    damaged.failure_ = Error{"damaged", EUCLEAN};
    recorder.add(sample_draft(1));
    CHECK_FALSE(recorder.flush());
    recorder.replace_store(next);
    CHECK(recorder.flush());
    CHECK(next.events_.size() == 1);
}
