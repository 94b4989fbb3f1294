// What happens to a store whose file is not what was written.
#include <filesystem>
#include <fstream>
#include <random>
#include <sqlite3.h>

#include <catch2/catch.hpp>

#include "state/recovering_store.hpp"
#include "support/damaged_stores.hpp"
#include "support/temporary_directory.hpp"

using namespace integrityd;
namespace fs = std::filesystem;

namespace {

// Opens, and checks that the old file was kept and the new chain stands above it.
void check_new_chain(const std::string& directory, const test::Before& before, bool has_file = true) {
    StoreOpening opening;
    {
        const auto store = test::opened(directory, &opening);
        CHECK_FALSE(opening.damage.empty());
        CHECK(opening.set_aside == (has_file ? "store.damaged-1" : ""));
        if (has_file) CHECK(fs::exists(directory + "/" + opening.set_aside));
        CHECK(opening.old_stream == before.stream);
        CHECK(opening.old_sequence == before.sequence);
        CHECK(opening.old_hash == before.hash);
        CHECK(store->stream() != before.stream);
        CHECK(store->last_sequence() == before.sequence);
        CHECK(store->next_id() == before.next_id);
        CHECK(store->events(0, 10)->pruned == before.sequence);
        CHECK(store->load_entries()->empty());
        store->remember(replaced_fact, "");  // as who tells of it does
        const auto stored = store->append({test::sample_draft(before.next_id)}, {});
        REQUIRE(stored.ok());
        CHECK(stored->front().sequence == before.sequence + 1);
        CHECK(test::verified(*store).intact);
    }
    StoreOpening again;
    CHECK(test::opened(directory, &again)->last_sequence() == before.sequence + 1);
    CHECK(again.damage.empty());
}

}  // namespace

TEST_CASE("a destroyed header, a truncated, an emptied and a foreign file are set aside [REQ-23]") {
    const test::TemporaryDirectory directory(test::memory_path());
    const std::string state = directory / "state";
    const test::Before before = test::make_history(state);
    const std::string file = state + "/store.db";
    SECTION("header") {
        test::overwrite(file, 0, std::string(100, '\xee'));
        check_new_chain(state, before);
    }
    SECTION("truncated") {
        fs::resize_file(file, 8192);
        check_new_chain(state, before);
    }
    SECTION("truncated in the middle of a page") {
        fs::resize_file(file, fs::file_size(file) / 2 + 100);
        check_new_chain(state, before);
    }
    SECTION("emptied") {
        fs::resize_file(file, 0);
        check_new_chain(state, before);
    }
    SECTION("text") {
        std::ofstream(file) << "this is no database, but somebody's letter";
        check_new_chain(state, before);
    }
    SECTION("gone") {
        fs::remove(file);
        check_new_chain(state, before, false);
    }
    SECTION("another schema") {
        test::overwrite(file, 60, std::string("\0\0\0\x63", 4));  // user_version
        check_new_chain(state, before);
    }
}

TEST_CASE("a log that was destroyed or taken away is found by what stood beside it [REQ-23]") {
    const test::TemporaryDirectory directory(test::memory_path());
    const std::string state = directory / "state";
    const test::Before before = test::make_history(state, true);
    const std::string log = state + "/store.db-wal";
    REQUIRE(fs::file_size(log) > 4096);
    SECTION("untouched it is no damage") {
        StoreOpening opening;
        CHECK(test::opened(state, &opening)->last_sequence() == before.sequence);
        CHECK(opening.damage.empty());
        return;
    }
    SECTION("gone") {
        fs::remove(log);
    }
    SECTION("overwritten") {
        test::overwrite(log, 0, std::string(4096, '\x55'));
    }
    SECTION("cut") {
        fs::resize_file(log, fs::file_size(log) / 2);
    }
    check_new_chain(state, before);
}

TEST_CASE("an older copy of the store is not taken for the store [REQ-23]") {
    const test::TemporaryDirectory directory(test::memory_path());
    const std::string state = directory / "state";
    test::make_history(state);
    const std::string old = test::read_whole(state + "/store.db");
    test::Before before;
    {
        const auto store = test::opened(state);
        REQUIRE(store->append({test::sample_draft(41)}, {}).ok());
        before = {store->stream(), store->head_hash(), store->last_sequence(), store->next_id()};
    }
    std::ofstream(state + "/store.db", std::ios::binary) << old;
    check_new_chain(state, before);
}

TEST_CASE("damage found later is noted, and the next opening sets the file aside [REQ-23]") {
    const test::TemporaryDirectory directory(test::memory_path());
    const std::string state = directory / "state";
    const test::Before before = test::make_history(state);
    std::size_t damaged = 0;
    {
        test::damage_history(state);
        StoreOpening opening;
        const auto store = test::opened(state, &opening);
        REQUIRE(opening.damage.empty());
        damaged += store->events(0, 1000).ok() ? 0 : 1;
        damaged += store->load_entries().ok() ? 0 : 1;
    }
    CHECK(damaged > 0);
    SECTION("the head is known from what stands beside the file") {}
    SECTION("the head is read from the damaged file where nothing else tells it") {
        fs::remove(state + "/highwater");
    }
    check_new_chain(state, before);
}

TEST_CASE("damage that cannot be noted, as on a full disk, is not forgotten by who found it [REQ-23]") {
    const test::TemporaryDirectory directory(test::memory_path());
    const std::string state = directory / "state";
    const test::Before before = test::make_history(state);
    fs::create_directory(state + "/store.damage");  // the note's place is taken
    test::damage_history(state);
    StoreOpening opening;
    std::vector<StoreOpening> replaced;
    const auto store =
        open_recovering_store({.directory = state}, opening,
                              {.begin = [](const StoreOpening&) { return StoreBeginning{.drafts = {EventDraft()}}; },
                               .replaced = [&](const StoreOpening& now) { replaced.push_back(now); }});
    REQUIRE(store);
    REQUIRE(opening.damage.empty());
    CHECK((*store)->events(0, 1000).ok());
    CHECK((*store)->load_entries().ok());
    REQUIRE(replaced.size() == 1);
    CHECK_FALSE(replaced.front().damage.empty());
    CHECK(replaced.front().set_aside == "store.damaged-1");
    CHECK((*store)->stream() != before.stream);
    CHECK((*store)->last_sequence() == before.sequence + 1);
}

namespace {

// What somebody with the right to write the file would do.
void tamper(const std::string& file, const std::string& sql) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
    const int result = sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr);
    INFO(sqlite3_errmsg(database));
    CHECK(result == SQLITE_OK);
    CHECK(sqlite3_changes(database) >= 1);
    sqlite3_close(database);
}

}  // namespace

TEST_CASE("an altered, removed or inserted event is found by the check of the chain [REQ-19]") {
    const test::TemporaryDirectory directory(test::memory_path());
    const std::string state = directory / "state";
    test::make_history(state);
    const std::string file = state + "/store.db";
    std::string detail;
    SECTION("altered") {
        tamper(file, "UPDATE events SET canonical=replace(canonical,'library-7.so','library-8.so') WHERE sequence=7");
        detail = "event 7 is not what its hash says";
    }
    SECTION("its hash altered") {
        tamper(file, "UPDATE events SET hash=zeroblob(32) WHERE sequence=7");
        detail = "event 7 is not what its hash says";
    }
    SECTION("removed out of the middle") {
        tamper(file, "DELETE FROM events WHERE sequence=7");
        detail = "event 7 is missing";
    }
    SECTION("removed at the beginning") {
        tamper(file, "DELETE FROM events WHERE sequence=1");
        detail = "event 1 is missing";
    }
    SECTION("the beginning moved") {
        tamper(file, "UPDATE chain SET base_sequence=1");
        detail = "event 2 is not what its hash says";
    }
    SECTION("another one put in its place") {
        tamper(file,
               "UPDATE events SET (canonical,hash)=(SELECT canonical,hash FROM events WHERE sequence=6)"
               " WHERE sequence=7");
        detail = "event 7 is not what its hash says";
    }
    const auto store = test::opened(state);
    const ChainCheck check = test::verified(*store);
    CHECK_FALSE(check.intact);
    CHECK(check.detail == detail);
}

TEST_CASE("pruning does not end where somebody took events away [REQ-19] [REQ-21]") {
    const test::TemporaryDirectory directory(test::memory_path());
    const std::string state = directory / "state";
    std::vector<EventDraft> drafts;
    for (std::uint64_t id = 1; id <= 2000; ++id)
        drafts.push_back(test::sample_draft(id, EventType::resolved));
    REQUIRE(test::opened(state)->append(drafts, {}).ok());
    std::string taken;
    SECTION("one, with which a step would end") {
        taken = "DELETE FROM events WHERE sequence=500";
    }
    SECTION("more than a step takes") {
        taken = "DELETE FROM events WHERE sequence<=700";
    }
    SECTION("the beginning moved") {
        taken = "UPDATE chain SET base_sequence=600";
    }
    tamper(state + "/store.db", taken);
    const auto store = test::opened(state, nullptr, {.max_size = 4096});
    std::uint64_t last = 0;
    for (int step = 0; step < 10; ++step) {
        const auto pruned = store->prune(0);
        REQUIRE(pruned.ok());
        last = *pruned;
    }
    CHECK(last == 0);
    CHECK(store->events(0, 1)->pruned == 2000 - 256);
    CHECK(store->crowded());
}

TEST_CASE("a beginning that stands behind the end is damage [REQ-23]") {
    const test::TemporaryDirectory directory(test::memory_path());
    const std::string state = directory / "state";
    const test::Before before = test::make_history(state);
    tamper(state + "/store.db", "UPDATE chain SET base_sequence=1000000");
    check_new_chain(state, before);
}

TEST_CASE("a chain that was shortened at its end is not taken for the store [REQ-19] [REQ-23]") {
    const test::TemporaryDirectory directory(test::memory_path());
    const std::string state = directory / "state";
    const test::Before before = test::make_history(state);
    tamper(state + "/store.db", "DELETE FROM events WHERE sequence=40");
    check_new_chain(state, before);
}

TEST_CASE("random damage never ends the process, and never loses a number [REQ-23] [REQ-30]") {
    const std::uint32_t seed = std::random_device()();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const test::TemporaryDirectory directory(test::memory_path());
    const test::Before before = test::make_history(directory / "original", true);
    int set_aside = 0;
    for (int round = 0; round < 60; ++round) {
        const std::string state = directory / std::to_string(round);
        fs::copy(directory / "original", state);
        const std::string file = state + (random() % 2 != 0 ? "/store.db" : "/store.db-wal");
        const std::size_t size = fs::file_size(file);
        for (auto n = random() % 8 + 1; n > 0; --n) {
            std::string bytes(random() % 200 + 1, '\0');
            for (char& byte : bytes)
                byte = static_cast<char>(random());
            test::overwrite(file, random() % size, bytes);
        }
        StoreOpening opening;
        auto store = test::opened(state, &opening);
        CHECK(store->last_sequence() == before.sequence);
        CHECK(store->next_id() == before.next_id);
        (void)store->load_entries().ok();
        (void)store->events(0, 1000).ok();
        (void)store->append({test::sample_draft(41)}, {}).ok();
        store.reset();
        // Whatever was found meanwhile leads to a store that works.
        store = test::opened(state, &opening);
        CHECK(store->last_sequence() >= before.sequence);
        set_aside += opening.set_aside.empty() ? 0 : 1;
        fs::remove_all(state);
    }
    CHECK(set_aside > 0);
}
